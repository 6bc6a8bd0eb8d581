// Passwords of Basic that were checked a moment ago: scrypt is not for each request.
import { createHmac, randomBytes } from 'node:crypto'
import type { UserRecord } from './user-record.ts'

/** The most that are kept; the oldest goes first. */
const ENTRIES_MAX = 10_000

interface Entry {
  readonly id: string
  readonly version: number
  readonly until: number
}

/** What the host holds over reloads, and never writes anywhere. */
export interface VerifiedPasswords {
  /** Of this process: what is kept of a password is of no use without it. */
  readonly key: Buffer
  readonly entries: Map<string, Entry>
  close(): void
}

export function verifiedPasswords(): VerifiedPasswords {
  const entries = new Map<string, Entry>()
  return { key: randomBytes(32), entries, close: () => entries.clear() }
}

export class Verified {
  readonly #kept: VerifiedPasswords
  readonly #ttlMs: number
  /** Of those who ask at once, one checks. */
  readonly #running = new Map<string, Promise<UserRecord>>()

  constructor(kept: VerifiedPasswords, ttlSeconds: number) {
    this.#kept = kept
    this.#ttlMs = ttlSeconds * 1000
  }

  /**
   * Whose the name and the password are.
   *
   * @param find gives the user as they are now: a new password ends what was kept
   * @param check runs where nothing is kept, and throws where they are nobody's
   */
  async user(
    name: string,
    password: string,
    find: (id: string) => Promise<UserRecord | undefined>,
    check: () => Promise<UserRecord>,
  ): Promise<UserRecord> {
    const digest = createHmac('sha256', this.#kept.key)
      .update(JSON.stringify([name, password]))
      .digest('base64')
    const entry = this.#kept.entries.get(digest)
    if (entry && entry.until > performance.now()) {
      const user = await find(entry.id)
      if (user?.version === entry.version) return user
    }
    let running = this.#running.get(digest)
    if (!running) {
      running = this.#checked(digest, check).finally(() => this.#running.delete(digest))
      this.#running.set(digest, running)
    }
    return running
  }

  async #checked(digest: string, check: () => Promise<UserRecord>): Promise<UserRecord> {
    const { entries } = this.#kept
    entries.delete(digest)
    const user = await check()
    if (this.#ttlMs === 0) return user
    const [oldest] = entries.keys()
    if (entries.size >= ENTRIES_MAX && oldest !== undefined) entries.delete(oldest)
    entries.set(digest, { id: user.id, version: user.version, until: performance.now() + this.#ttlMs })
    return user
  }
}
