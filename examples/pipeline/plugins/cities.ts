// Reads the file piece by piece. Each read says where it begins, and so this plugin may be replaced between any two of them.
import { open, stat } from 'node:fs/promises'
import type { RawRecord } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'
import type { Cursor, Source } from './_shared/source.ts'

const PIECE = 64 * 1024
const [OPEN, CLOSE, QUOTE, ESCAPE] = Buffer.from('{}"\\') as unknown as [number, number, number, number]

export default definePlugin({
  name: 'cities',
  version: '1.0.0',
  setup({ shared: { input } }): Source {
    return {
      async read(from, count) {
        const file = await open(input)
        try {
          const records: RawRecord[] = []
          const splitter = new Splitter(from)
          while (records.length < count) {
            const piece = Buffer.allocUnsafe(PIECE)
            const { bytesRead } = await file.read(piece, 0, PIECE, from.offset + splitter.bytes)
            if (bytesRead === 0) {
              splitter.end()
              break
            }
            splitter.add(piece.subarray(0, bytesRead), records, count)
          }
          return { records, next: splitter.next }
        } finally {
          await file.close()
        }
      },
      size: async () => (await stat(input)).size,
    }
  },
})

/** Finds the objects of a JSON array in its bytes, whatever is in them: whether they can be parsed is the parser's affair. */
class Splitter {
  /** How many bytes it has been given. */
  bytes = 0
  next: Cursor
  readonly #base: number
  #depth = 0
  #inString = false
  #escaped = false
  #open: Buffer[] = []
  #begin = 0

  constructor(from: Cursor) {
    this.next = from
    this.#base = from.offset
  }

  /** Adds the records that end within `piece`, until there are `count`. */
  add(piece: Buffer, records: RawRecord[], count: number): void {
    let from = 0
    for (let at = 0; at < piece.length && records.length < count; at++) {
      const byte = piece[at]
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === ESCAPE) this.#escaped = true
        else if (byte === QUOTE) this.#inString = false
      } else if (byte === QUOTE) this.#inString = this.#depth > 0
      else if (byte === OPEN) {
        if (this.#depth++ > 0) continue
        from = at
        this.#begin = this.bytes + at
      } else if (byte === CLOSE && this.#depth > 0 && --this.#depth === 0) {
        this.#take(piece.subarray(from, at + 1), records, this.bytes + at + 1)
      }
    }
    if (this.#depth > 0) this.#open.push(piece.subarray(from))
    this.bytes += piece.length
  }

  /** @throws where the file ends within a record */
  end(): void {
    if (this.#depth === 0) return
    const { records } = this.next
    throw new Error(`The file ends within its record ${records + 1}, which begins at byte ${this.#base + this.#begin}.`)
  }

  #take(last: Buffer, records: RawRecord[], end: number): void {
    const text = Buffer.concat([...this.#open, last]).toString('utf8')
    this.#open = []
    const at = this.next.records + 1
    records.push({ at, offset: this.#base + this.#begin, text })
    this.next = { offset: this.#base + end, records: at }
  }
}
