// Where a thread has a plugin's code from where the host says nothing: from its entry file, imported as any module.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { messageOf, PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
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

/**
 * What is imported already is given as it is, an ES module too.
 *
 * @throws `CFP_OFFLOAD_NOT_EXPORTED` where nobody can say what it exports, as of a module that awaits at its top level
 */
function exportsOf(file: string): Readonly<Record<string, unknown>> {
  try {
    return require(file) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new PluginError(
      'CFP_OFFLOAD_NOT_EXPORTED',
      `What ${shownFile(file)} exports cannot be told: ${messageOf(cause)}. Await in setup() and not at the top level, or give the threads the option code.`,
      { phase: 'register', file, cause },
    )
  }
}

function fileOf({ source }: PluginRecord): string {
  return source.file as string
}
