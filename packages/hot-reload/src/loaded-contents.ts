// Which bytes each generation of a plugin was made from.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import type { FileChange } from '@cf-plugins/watcher'

/** Those of one reloader. It holds no generation. */
export class LoadedContents {
  readonly #hashes = new WeakMap<PluginRecord, ReadonlyMap<string, string>>()

  note(record: PluginRecord, hashes: ReadonlyMap<string, string>): void {
    this.#hashes.set(record, hashes)
  }

  /** Whether a generation read what a file holds since the change. */
  has(record: PluginRecord | undefined, { file, hash }: FileChange): boolean {
    return record !== undefined && hash !== undefined && this.#hashes.get(record)?.get(file) === hash
  }
}
