// Where a thread has a plugin's code from where the host says nothing: from its entry file, imported as any module.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { CodeSource } from './options.ts'

const require = createRequire(import.meta.url)

/** For plugins that the host imported as any module, whose files don't change while it runs. */
export const entryFiles: CodeSource = {
  codeOf: (record) => ({ module: pathToFileURL(fileOf(record)).href, image: undefined }),
  exportNameOf: (record, exported) => {
    const exports = exportsOf(fileOf(record))
    return Object.keys(exports).find((name) => exports[name] === exported)
  },
}

/** What is imported already is given as it is, an ES module too. One that awaits at its top level is not: then nobody can say what it exports. */
function exportsOf(file: string): Readonly<Record<string, unknown>> {
  try {
    return require(file) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

function fileOf({ source }: PluginRecord): string {
  return source.file as string
}
