// How compiled modules lie in a file: batches, each with its checksum, that are appended one after the other.
import type { FileIdentity } from './file-identity.ts'
import type { ModuleCode } from './module-code.ts'

/** What stands in a batch of one module, beside its bytes. */
export interface PackedRow {
  readonly url: string
  /** SHA-256 of the file that it was compiled from. */
  readonly hash: string
  /** As what, and by which versions, it was compiled. */
  readonly how: string
  /** By which that file is known without being read. */
  readonly identity?: FileIdentity
  /** All that is known of the module but its code; nothing where the row only says how its file is known by now. */
  readonly rest?: Omit<ModuleCode, 'code'>
  readonly isLatin1: boolean
  readonly codeBytes: number
  /** Of what V8 made of the code. */
  readonly dataBytes: number
}

/** A row with its bytes: the code, and then what V8 made of it. */
export interface Packed {
  readonly row: PackedRow
  readonly code: Buffer
  readonly data: Buffer
}

/** `code` as text, where it was written as the fewest bytes. */
export function codeOf({ row, code }: Packed): string {
  return row.isLatin1 ? code.toString('latin1') : code.toString()
}

/** The bytes of a module's code: one a character where that is possible, which is read the fastest. */
export function bytesOf(code: string): { bytes: Buffer; isLatin1: boolean } {
  const bytes = Buffer.from(code)
  return { bytes, isLatin1: bytes.length === code.length }
}

export function writeBatch(entries: readonly Packed[]): Buffer {
  const contents = Buffer.from(`${JSON.stringify(entries.map(({ row }) => row))}\n`)
  const body = Buffer.concat([contents, ...entries.flatMap(({ code, data }) => [code, data])])
  const length = String(body.length).padStart(LENGTH_BYTES)
  return Buffer.concat([Buffer.from(`${checksumOf(body)} ${length}\n`), body])
}

/** Every row of a file in its order. `false` where not all of it is what was written. */
export function readBatches(file: Buffer, take: (packed: Packed) => void): boolean {
  for (let at = 0; at < file.length; ) {
    const start = at + HEADER_BYTES
    const [, checksum, length] = HEADER.exec(file.toString('latin1', at, start)) ?? []
    const body = file.subarray(start, start + Number(length))
    if (checksum !== checksumOf(body)) return false
    let from = body.indexOf('\n') + 1
    for (const row of JSON.parse(body.toString('utf8', 0, from)) as PackedRow[]) {
      const code = body.subarray(from, from + row.codeBytes)
      const data = body.subarray(from + row.codeBytes, from + row.codeBytes + row.dataBytes)
      from += row.codeBytes + row.dataBytes
      take({ row, code, data })
    }
    at = start + body.length
  }
  return true
}

const LENGTH_BYTES = 10
const HEADER_BYTES = 8 + 1 + LENGTH_BYTES + 1
const HEADER = /^([\da-f]{8}) ([ \d]{10})\n$/

/** Against accidents, in hex: a tenth of what it costs to load `node:crypto` and ask for a hash. */
export function checksumOf(bytes: Buffer | string): string {
  return process.getBuiltinModule('node:zlib').crc32(bytes).toString(16).padStart(8, '0')
}
