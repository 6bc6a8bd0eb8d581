// Passwords: how they are stored, and checked, by scrypt in Node's thread pool.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { busy } from './errors.ts'

const derive = promisify(
  (password: Buffer, salt: Buffer, length: number, options: object, done: (error: Error | null, key: Buffer) => void) =>
    scrypt(password, salt, length, options, done),
)

/** Of scrypt: N is 2 to the power of `logN`. */
export interface ScryptCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

const SALT_BYTES = 16
const KEY_BYTES = 32
/** The thread pool has four threads; files and name look-ups want some, too. */
const AT_ONCE = 2
/** Who comes after so many would wait for longer than a client does. */
const WAITING_MAX = 64
const STORED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

export class Passwords {
  readonly #cost: ScryptCost
  readonly #waiting: (() => void)[] = []
  #running = 0
  /** What a password is compared with where there is none, so that no one can tell by the time it takes. */
  readonly #decoy: StoredPassword

  constructor(cost: ScryptCost) {
    this.#cost = cost
    this.#decoy = { cost, salt: randomBytes(SALT_BYTES), key: randomBytes(KEY_BYTES) }
  }

  /** As it is stored: `$scrypt$ln=15,r=8,p=3$<salt>$<key>`. @throws `AUTH_BUSY` */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const key = await this.#derive(password, salt, this.#cost)
    return `$scrypt$ln=${this.#cost.logN},r=${this.#cost.r},p=${this.#cost.p}$${unpadded(salt)}$${unpadded(key)}`
  }

  /** Takes as long for a user who is not there, or has no password. @throws `AUTH_BUSY` */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const known = partsOf(stored ?? '')
    const { salt, cost, key } = known ?? this.#decoy
    const derived = await this.#derive(password, salt, cost)
    return derived.length === key.length && timingSafeEqual(derived, key) && known !== undefined
  }

  /** Whether it was stored at another cost than passwords are now. */
  isOutdated(stored: string): boolean {
    const { cost } = partsOf(stored) ?? {}
    return !cost || cost.logN !== this.#cost.logN || cost.r !== this.#cost.r || cost.p !== this.#cost.p
  }

  async #derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
    await this.#turn()
    try {
      const N = 2 ** logN
      return await derive(Buffer.from(password.normalize('NFC')), salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r })
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  async #turn(): Promise<void> {
    while (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_MAX) throw busy()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
  }
}

interface StoredPassword {
  readonly cost: ScryptCost
  readonly salt: Buffer
  readonly key: Buffer
}

function partsOf(stored: string): StoredPassword | undefined {
  const [, logN, r, p, salt = '', key = ''] = STORED.exec(stored) ?? []
  if (logN === undefined) return undefined
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) }
  return { cost, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
