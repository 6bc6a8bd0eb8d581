// A file that grows line by line, no faster than the disk takes it.

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

export class Lines {
  readonly #stream: WriteStream

  constructor(file: string) {
    this.#stream = createWriteStream(file)
  }

  async add(line: object): Promise<void> {
    if (!this.#stream.write(`${JSON.stringify(line)}\n`)) await once(this.#stream, 'drain')
  }

  /** Waits until all of it is written. */
  async end(): Promise<void> {
    await finished(this.#stream.end())
  }

  /** Whatever is not written yet is lost. */
  destroy(): void {
    this.#stream.destroy()
  }
}
