// Shows plain JavaScript with an async register, and a dependency: lines that are kept in the storage.
import { Storage } from './_shared/services.ts'

const LINES_MAX = 100

export const PLUGIN_META = {
  name: 'journal',
  version: '1.0.0',
  description: 'Keeps the last lines that others write',
  dependencies: { storage: '^1.0.0' },
}

/**
 * @param {unknown} _app
 * @param {import('cf-plugins').PluginContext} context
 */
export async function register(_app, { inject, hooks }) {
  const storage = inject(Storage)
  const lines = /** @type {string[]} */ (storage.get('journal') ?? [])
  return {
    setup() {
      hooks.on('status', () => ({ plugin: 'journal', line: `${lines.length} lines` }))
    },
    /** @param {string} line */
    async write(line) {
      lines.push(line)
      lines.splice(0, lines.length - LINES_MAX)
      await storage.set('journal', lines)
    },
    last: () => lines.slice(-10),
  }
}
