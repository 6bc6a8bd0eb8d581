// Keeps secrets out of what is logged and told: of texts, and of everything that texts are in.
import type { Logger } from '@cf-plugins/plugin-api'

/** How deep, and at how many values, it looks. What is beyond is not written. */
const DEPTH_MAX = 12
const VALUES_MAX = 10_000

const BEYOND = '[not looked at for secrets]'

/** What takes secrets out. */
export class SecretFilter {
  readonly #hide: (text: string) => string

  /** @param hide gives a text without the secrets in it */
  constructor(hide: (text: string) => string) {
    this.#hide = hide
  }

  text(text: string): string {
    try {
      return this.#hide(text)
    } catch {
      return BEYOND
    }
  }

  /** The value itself where no secret is in it; else a copy, of the same kind, without. */
  value<T>(value: T): T {
    return this.#isClean(value) ? value : (new Copy((text) => this.text(text)).of(value, 0) as T)
  }

  /** The same logger, without secrets in what it writes. */
  logger(logger: Logger): Logger {
    const level =
      (name: 'debug' | 'info' | 'warn' | 'error') =>
      (...entry: readonly unknown[]): void =>
        logger[name](...(entry.map((each) => this.value(each)) as [never, never?]))
    const levels = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
    if (!logger.child) return levels
    return { ...levels, child: (bindings) => this.logger(logger.child?.(this.value(bindings)) ?? logger) }
  }

  /** Without a copy, as most that is logged holds no secret. */
  #isClean(value: unknown): boolean {
    let isClean = true
    const look = new Copy((text) => {
      const hidden = this.text(text)
      isClean &&= hidden === text
      return hidden
    })
    look.of(value, 0)
    return isClean && !look.isBeyond
  }
}

/** One copy, with everything in it copied once. */
class Copy {
  isBeyond = false
  readonly #hide: (text: string) => string
  readonly #copies = new Map<object, unknown>()

  constructor(hide: (text: string) => string) {
    this.#hide = hide
  }

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#hide(value)
    if (typeof value !== 'object' || value === null) return value
    if (this.#copies.has(value)) return this.#copies.get(value)
    if (depth > DEPTH_MAX || this.#copies.size >= VALUES_MAX) {
      this.isBeyond = true
      return BEYOND
    }
    try {
      return this.#copyOf(value, depth + 1)
    } catch {
      // A getter or a proxy that throws: what cannot be read is not written either.
      this.isBeyond = true
      return BEYOND
    }
  }

  #copyOf(value: object, depth: number): unknown {
    const copyInto = <T extends object>(copy: T): T => {
      this.#copies.set(value, copy)
      return copy
    }
    if (Array.isArray(value)) {
      const copy = copyInto<unknown[]>([])
      for (const each of value) copy.push(this.of(each, depth))
      return copy
    }
    if (value instanceof Map) {
      const copy = copyInto(new Map())
      for (const [key, each] of value) copy.set(this.of(key, depth), this.of(each, depth))
      return copy
    }
    if (value instanceof Set) {
      const copy = copyInto(new Set())
      for (const each of value) copy.add(this.of(each, depth))
      return copy
    }
    if (ArrayBuffer.isView(value)) return copyInto(value)
    if (!(value instanceof Error) && typeof (value as { toJSON?: unknown }).toJSON === 'function') {
      // It is what a log would write of it, such as a URL's text.
      const written = this.of((value as { toJSON(): unknown }).toJSON(), depth)
      this.#copies.set(value, written)
      return written
    }
    return this.#ownOf(value, copyInto(Object.create(Object.getPrototypeOf(value))), depth)
  }

  /** Own properties; of an error also those that are not listed: its message, its stack, its cause. */
  #ownOf(value: object, copy: object, depth: number): object {
    const isError = value instanceof Error
    const keys = isError ? Object.getOwnPropertyNames(value) : Object.keys(value)
    for (const key of keys) {
      const enumerable = Object.prototype.propertyIsEnumerable.call(value, key)
      const own = this.of((value as Record<string, unknown>)[key], depth)
      Object.defineProperty(copy, this.#hide(key), { value: own, enumerable, writable: true, configurable: true })
    }
    return copy
  }
}
