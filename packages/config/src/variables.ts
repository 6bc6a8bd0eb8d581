// `${VAR}` and `${VAR:-default}` in a text.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders

/** The environment as it was when it was read. */
export type Environment = ReadonlyMap<string, string>

/** Defaults in defaults: more is a mistake. */
const MAX_NESTING = 8
const NAME = /[A-Za-z_]\w*/y

export interface Substituted {
  readonly text: string
  /** Variables whose values are in the text now. */
  readonly variables: readonly string[]
  /** Whether there was anything to replace; `$${` alone is not. */
  readonly replaced: boolean
  /** What is wrong; has nothing of any value in it. */
  readonly problems: readonly string[]
}

/**
 * Puts the environment's values where a text names them. `${VAR:-default}` takes the default where the variable is unset or empty;
 * `$${` stands for `${`. What was put in is not looked at again.
 */
export function substitute(text: string, environment: Environment): Substituted {
  const reader = new VariableReader(text, environment)
  const read = reader.until(undefined, 0)
  return { text: read, variables: [...reader.variables], replaced: reader.replaced, problems: [...reader.problems] }
}

class VariableReader {
  readonly variables = new Set<string>()
  readonly problems = new Set<string>()
  replaced = false
  readonly #text: string
  readonly #environment: Environment
  #at = 0

  constructor(text: string, environment: Environment) {
    this.#text = text
    this.#environment = environment
  }

  /** What stands until `end` or the text's end. */
  until(end: '}' | undefined, depth: number, used = true): string {
    let read = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== end) {
      if (this.#skip('$${')) read += '${'
      else if (this.#skip('${')) read += this.#variable(depth, used)
      else read += this.#text[this.#at++]
    }
    return read
  }

  /** After `${`. Where it is not `used`, nothing is missed and nothing told. */
  #variable(depth: number, used: boolean): string {
    this.replaced = true
    NAME.lastIndex = this.#at
    const name = NAME.exec(this.#text)?.[0]
    this.#at += name?.length ?? 0
    if (name === undefined || depth >= MAX_NESTING) return this.#wrong()
    const value = this.#environment.get(name)
    if (this.#skip(':-')) {
      const standIn = this.until('}', depth + 1, used && !value)
      if (!this.#skip('}')) return this.#wrong()
      return value ? this.#put(name, value, used) : standIn
    }
    if (!this.#skip('}')) return this.#wrong()
    if (value !== undefined) return this.#put(name, value, used)
    if (used)
      this.problems.add(
        `the variable ${name} is not set: set it, or write \${${name}:-default} (or $\${${name}} for the text itself)`,
      )
    return ''
  }

  #put(name: string, value: string, used: boolean): string {
    if (used) this.variables.add(name)
    return value
  }

  #wrong(): string {
    this.problems.add('${ must be followed by a name and }, or :-, a default and }: write $${ for the text itself')
    this.#at = this.#text.length
    return ''
  }

  #skip(word: string): boolean {
    const is = this.#text.startsWith(word, this.#at)
    if (is) this.#at += word.length
    return is
  }
}
