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
    // What is imported already is given as it is, ES modules too.
    const exports = require(fileOf(record)) as object
    return Object.entries(exports).find(([, value]) => value === exported)?.[0]
  },
}

function fileOf({ source }: PluginRecord): string {
  return source.file as string
}
