// The names that the rewriter adds to a module's code.
import { ALL, type ImportedName } from './module-code.ts'

/** Names for what the loader adds, that the module itself does not use. */
export class PrivateNames {
  readonly #prefix: string

  constructor(code: string) {
    let prefix = '__cf'
    while (code.includes(prefix)) prefix += '_'
    this.#prefix = prefix
  }

  get exports(): string {
    return `${this.#prefix}e`
  }

  get meta(): string {
    return `${this.#prefix}m`
  }

  get import(): string {
    return `${this.#prefix}i`
  }

  get default(): string {
    return `${this.#prefix}d`
  }

  request(index: number): string {
    return `${this.#prefix}${index}`
  }

  access({ request, name }: ImportedName): string {
    if (name === ALL) return this.request(request)
    return IDENTIFIER.test(name)
      ? `${this.request(request)}.${name}`
      : `${this.request(request)}[${JSON.stringify(name)}]`
  }
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u
