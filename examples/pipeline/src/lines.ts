// A file that grows line by line, no faster than the disk takes it.

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

export class Lines {
  readonly #stream: WriteStream
  #error: Error | undefined

  constructor(file: string) {
    this.#stream = createWriteStream(file)
    // Also what is under way when it is destroyed comes to an error, and one that nobody hears ends the process.
    this.#stream.on('error', (error) => {
      this.#error ??= error
    })
  }

  /** @throws what the file could not be written for, then or before */
  async add(line: object): Promise<void> {
    if (this.#error) throw this.#error
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
