// Shows a folder with a helper of its own, and an async setup: values that live in a file. Others build on it.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin } from 'cf-plugins'
import type { StatusLine } from '../_shared/status-line.ts'
import { openJsonFile } from './json-file.ts'

export interface StorageService {
  get(key: string): unknown
  /** Resolves when the value is on disk. */
  set(key: string, value: unknown): Promise<void>
}

export default definePlugin({
  name: 'storage',
  version: '1.2.0',
  description: 'Keeps values in a file',
  async setup({ shared, own, hooks }): Promise<StorageService> {
    const { dataFolder = join(tmpdir(), `cf-plugins-playground-${process.pid}`) } = shared as { dataFolder?: string }
    const file = await openJsonFile(join(dataFolder, 'storage.json'))
    own(() => file.written())
    hooks.on('status', (): StatusLine => ({ plugin: 'storage', line: `${file.size} values in ${file.path}` }))
    return { get: (key) => file.get(key), set: (key, value) => file.set(key, value) }
  },
})
