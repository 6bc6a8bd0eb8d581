// How often somebody may try a password: counted by address, and by name.
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Cache, Limiter } from '../cache/service.ts'
import { rateLimited } from './errors.ts'
import type { Settings } from './settings.ts'
import { nameKey } from './user-record.ts'

export class Limits {
  readonly #cache: Cache
  readonly #byAddress: Limiter
  readonly #byName: Limiter
  readonly #onLimited: (what: string, address: string | undefined) => void

  /** @param onLimited told once a minute of each address and name that is over its limit */
  constructor(
    cache: Cache,
    limits: Settings['limits'],
    onLimited: (what: string, address: string | undefined) => void,
  ) {
    this.#cache = cache
    this.#byAddress = cache.limiter('auth.address', limits.address)
    this.#byName = cache.limiter('auth.name', limits.name)
    this.#onLimited = onLimited
  }

  /** Counts an attempt, before anybody knows what comes of it. @throws `RATE_LIMITED` */
  async attempt(address: string | undefined, name?: string): Promise<void> {
    if (address !== undefined) await this.#take(this.#byAddress, 'address', networkOf(address), address)
    if (name !== undefined) await this.#take(this.#byName, 'name', digest(nameKey(name)), address)
  }

  async #take(limiter: Limiter, what: string, key: string, address: string | undefined): Promise<void> {
    const { allowed, retryAfterSeconds } = await limiter.consume(key)
    if (allowed) return
    // Not each time: whoever is over a limit could fill the audit trail.
    await this.#cache.remember(`auth:limited:${what}:${key}`, 60, async () => {
      this.#onLimited(what, address)
      return true
    })
    throw rateLimited(retryAfterSeconds)
  }
}

/** Names are anybody's input, and may be long. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** An IPv6 address stands for its /64: who has one of those has all of them. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().replace(/%.*$/, '').split('::')
  const parts = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - parts.length - after.length)).fill('0')
  return `${[...parts, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}
