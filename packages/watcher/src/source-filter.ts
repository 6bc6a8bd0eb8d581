// Which names below a root can be plugin source, and why the others can't.
import { extname } from 'node:path'

/** The extensions that are watched unless the option says otherwise. */
export const DEFAULT_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'] as const

export interface SourceFilter {
  /** Why the file of this name is no source; `undefined` if it is. */
  fileRefusal(name: string, path: string): string | undefined
  /** Why a folder of this name is not looked into; `undefined` if it is. */
  folderRefusal(name: string, path: string): string | undefined
}

export interface SourceFilterOptions {
  readonly extensions?: readonly string[] | undefined
  readonly ignore?: ((path: string) => boolean) | undefined
}

const TEST = /\.(?:test|spec)\.[^.]+$|^test_/
// vim's probe and swap files, emacs' autosaves and locks, backups, and what atomic writers rename from.
const TEMPORARY = /^4913$|~$|^#.*#$|\.sw[a-z]$|\.tmp(?:[.-].*)?$|\.(?:bak|orig|part|crswap)$|___jb_(?:tmp|old)___$/

export function createSourceFilter(options: SourceFilterOptions = {}): SourceFilter {
  const extensions = new Set(options.extensions ?? DEFAULT_EXTENSIONS)
  const ignore = options.ignore ?? (() => false)
  return {
    fileRefusal(name, path) {
      if (name.startsWith('.')) return 'its name begins with a dot'
      if (TEMPORARY.test(name)) return 'it is a temporary file of an editor'
      if (!extensions.has(extname(name))) return `its extension is none of ${[...extensions].join(' ')}`
      if (TEST.test(name)) return 'it is a test'
      return ignore(path) ? 'the ignore option says so' : undefined
    },
    folderRefusal(name, path) {
      if (name === 'node_modules') return 'it is node_modules, whose changes need a restart'
      if (name.startsWith('.')) return 'its name begins with a dot'
      return ignore(path) ? 'the ignore option says so' : undefined
    },
  }
}
