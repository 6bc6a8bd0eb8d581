// One file of compiled modules: batches, each with its checksum, and every load that compiled something appends one.
import { hash, randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ModuleCode } from './module-code.ts'

interface Entry {
  readonly url: string
  /** Says what the code was compiled from, and how. */
  readonly key: string
  readonly code: ModuleCode
}

/** The first line of a batch's body: what follows it are the modules' codes, one after the other. */
type Contents = readonly {
  readonly url: string
  readonly key: string
  readonly bytes: number
  readonly rest: Omit<ModuleCode, 'code'>
}[]

/**
 * Reads its file when it is first asked, all of it: so a cold start reads one file a plugin. Of what was compiled several
 * times, the last one counts. Several processes may append to one file.
 */
export class CachePack {
  readonly #file: string
  /** What nobody has taken yet, by URL. */
  #entries: Map<string, Entry> | undefined
  #added: Entry[] = []
  /** About how many modules in the file are there several times; infinite where not all of it can be read. */
  #wasted = 0
  #isWritable = true

  constructor(file: string) {
    this.#file = file
  }

  /** Gives what is kept for a module, once: whoever asks keeps it. */
  take(url: string, key: string): ModuleCode | undefined {
    this.#entries ??= this.#read()
    const entry = this.#entries.get(url)
    if (entry?.key !== key) return undefined
    this.#entries.delete(url)
    return entry.code
  }

  /** Keeps a module from the next `save` on. */
  add(url: string, key: string, code: ModuleCode): void {
    if (this.#isWritable) this.#added.push({ url, key, code })
  }

  /** Writes what was added. A file that can't be written is done without. */
  save(): void {
    if (this.#added.length === 0) return
    const added = this.#added
    this.#added = []
    try {
      if (this.#wasted > MOST_WASTED) this.#replace(added)
      else appendFileSync(this.#file, batchOf(added), { mode: 0o600 })
      this.#wasted += added.length
    } catch {
      this.#isWritable = false
    }
  }

  #replace(added: readonly Entry[]): void {
    const { entries } = contentsOf(this.#file)
    for (const entry of added) entries.set(entry.url, entry)
    const temporary = `${this.#file}.${randomUUID()}.tmp`
    writeFileSync(temporary, batchOf([...entries.values()]), { mode: 0o600 })
    renameSync(temporary, this.#file)
    this.#wasted = 0
  }

  #read(): Map<string, Entry> {
    const { entries, wasted } = contentsOf(this.#file)
    this.#wasted = wasted
    return entries
  }
}

export function digest(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}

function batchOf(entries: readonly Entry[]): string {
  const contents: Contents = entries.map(({ url, key, code: { code, ...rest } }) => {
    return { url, key, bytes: Buffer.byteLength(code), rest }
  })
  const body = `${JSON.stringify(contents)}\n${entries.map(({ code }) => code.code).join('')}`
  return `${digest(body)} ${Buffer.byteLength(body)}\n${body}`
}

/** What a file holds, up to the first batch that is not what was written. */
function contentsOf(file: string): { entries: Map<string, Entry>; wasted: number } {
  const entries = new Map<string, Entry>()
  let wasted = 0
  try {
    const buffer = readFileSync(file)
    for (let at = 0; at < buffer.length; ) {
      const start = buffer.indexOf('\n', at) + 1
      const [, checksum, bytes] = HEADER.exec(buffer.toString('latin1', at, start)) ?? []
      const end = start + Number(bytes)
      const body = buffer.subarray(start, end)
      if (digest(body) !== checksum) return { entries, wasted: Number.POSITIVE_INFINITY }
      for (const entry of entriesIn(body)) {
        if (entries.has(entry.url)) wasted++
        entries.set(entry.url, entry)
      }
      at = end
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') wasted = Number.POSITIVE_INFINITY
  }
  return { entries, wasted }
}

const HEADER = /^([\da-f]{64}) (\d+)\n$/

/** So many edits are appended before the file is written anew, with the last of each module alone. */
const MOST_WASTED = 100

function entriesIn(body: Buffer): Entry[] {
  let at = body.indexOf('\n') + 1
  return (JSON.parse(body.toString('utf8', 0, at)) as Contents).map(({ url, key, bytes, rest }) => {
    const code = body.toString('utf8', at, at + bytes)
    at += bytes
    return { url, key, code: { ...rest, code } }
  })
}
