// One file of compiled modules: every load that compiled something appends a batch of them.
import { appendFileSync, readFileSync, renameSync, type Stats, writeFileSync } from 'node:fs'
import { bytesOf, codeOf, type Packed, type PackedRow, readBatches, writeBatch } from './cache-batch.ts'
import { type FileIdentity, isSameFile } from './file-identity.ts'
import type { ModuleCode } from './module-code.ts'

/** A compiled module as it is kept. */
export interface PackedModule {
  /** SHA-256 of the file that it was compiled from. */
  readonly hash: string
  readonly code: ModuleCode
  /** What V8 made of the code; empty where that was not kept. */
  readonly data: Buffer
}

/** What a module was compiled from, and how. */
export type PackKey = Pick<PackedRow, 'url' | 'hash' | 'how'> & { readonly identity: FileIdentity | undefined }

/**
 * Reads its file when it is first asked, all of it: so a cold start reads one file. Of what was compiled several times, the
 * last one counts. Several processes may append to one file.
 */
export class CachePack {
  readonly #file: string
  /** What nobody has taken yet, by URL; nothing before the first question. */
  #entries: Map<string, Packed> | undefined
  #added: Packed[] = []
  /** About how many rows in the file are there in vain; infinite where not all of it can be read. */
  #wasted = 0
  #isWritable = true

  constructor(file: string) {
    this.#file = file
  }

  /** What is kept of a file that is, by its `stats`, still the one that was compiled: once, whoever asks keeps it. */
  unread(url: string, how: string, stats: Stats): PackedModule | undefined {
    const entry = this.#find(url)
    return entry?.row.how === how && isSameFile(entry.row.identity, stats) ? this.#take(entry) : undefined
  }

  /** The same of a file that has been read. */
  take({ url, hash, how, identity }: PackKey): PackedModule | undefined {
    const entry = this.#find(url)
    if (entry?.row.how !== how || entry.row.hash !== hash) return undefined
    // The next start need not read it.
    if (identity && this.#isWritable)
      this.#added.push({ row: { url, hash, how, identity, isLatin1: true, codeBytes: 0, dataBytes: 0 }, ...NO_BYTES })
    return this.#take(entry)
  }

  /** Keeps a module from the next `save` on. */
  add({ url, hash, how, identity }: PackKey, { code: text, ...rest }: ModuleCode, data: Buffer = NO_BYTES.data): void {
    if (!this.#isWritable) return
    const { bytes: code, isLatin1 } = bytesOf(text)
    const known = identity ? { identity } : {}
    const row = { url, hash, how, ...known, rest, isLatin1, codeBytes: code.length, dataBytes: data.length }
    this.#added.push({ row, code, data })
  }

  /** Writes what was added. A file that can't be written is done without. */
  save(): void {
    if (this.#added.length === 0) return
    const added = this.#added
    this.#added = []
    try {
      if (this.#wasted > MOST_WASTED) this.#replace(added)
      else appendFileSync(this.#file, writeBatch(added), { mode: 0o600 })
      this.#wasted += added.length
    } catch {
      this.#isWritable = false
    }
  }

  /** Lets go of what nobody took: of files that are gone, or of no use to this process. */
  release(): void {
    this.#entries?.clear()
  }

  #find(url: string): Packed | undefined {
    if (!this.#entries) {
      const { entries, wasted } = contentsOf(this.#file)
      this.#entries = entries
      this.#wasted = wasted
    }
    return this.#entries.get(url)
  }

  #take(entry: Packed): PackedModule {
    const { row, data } = entry
    this.#entries?.delete(row.url)
    return { hash: row.hash, code: { ...(row.rest as Omit<ModuleCode, 'code'>), code: codeOf(entry) }, data }
  }

  #replace(added: readonly Packed[]): void {
    const { entries } = contentsOf(this.#file)
    for (const each of added) put(entries, each)
    const temporary = `${this.#file}.${process.pid}-${process.hrtime.bigint()}.tmp`
    writeFileSync(temporary, writeBatch([...entries.values()]), { mode: 0o600 })
    renameSync(temporary, this.#file)
    this.#wasted = 0
  }
}

const NO_BYTES = { code: Buffer.alloc(0), data: Buffer.alloc(0) }

/** So many rows are appended in vain before the file is written anew, with the last of each module alone. */
const MOST_WASTED = 100

/** What a file holds, up to the first batch that is not what was written. */
function contentsOf(file: string): { entries: Map<string, Packed>; wasted: number } {
  const entries = new Map<string, Packed>()
  let wasted = 0
  try {
    const isWhole = readBatches(readFileSync(file), (packed) => {
      if (put(entries, packed)) wasted++
    })
    if (!isWhole) wasted = Number.POSITIVE_INFINITY
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') wasted = Number.POSITIVE_INFINITY
  }
  return { entries, wasted }
}

/** Whether it takes the place of another, or only tells how the file of one is known. */
function put(entries: Map<string, Packed>, packed: Packed): boolean {
  const { row } = packed
  const known = entries.get(row.url)
  if (row.rest) entries.set(row.url, packed)
  else if (known && row.identity && known.row.hash === row.hash && known.row.how === row.how)
    entries.set(row.url, { ...known, row: { ...known.row, identity: row.identity } })
  return known !== undefined || row.rest === undefined
}
