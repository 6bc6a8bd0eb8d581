// Values that must not be seen: taken out of every text that is to be.

/** Shorter values are not looked for: they would be found in every other word. */
const SHORTEST = 4
/** What stands where a secret stood. */
export const MASK = '[secret]'

/**
 * The secrets of one host. Values are never given back, and never forgotten: what was a secret yesterday is one still.
 *
 * @example
 * secrets.add('hunter2')
 * secrets.hide('login failed: hunter2') // 'login failed: [secret]'
 */
export class Secrets {
  readonly #values = new Set<string>()

  /** How many texts are looked for. */
  get size(): number {
    return this.#values.size
  }

  /**
   * Keeps a value secret: a text, a number, or every one in an array or object. Texts shorter than 4 characters, `true`, `false` and
   * `null` are not.
   */
  add(value: unknown): void {
    if (typeof value === 'string') this.#addText(value)
    else if (typeof value === 'number' || typeof value === 'bigint') this.#addText(String(value))
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) this.add(each)
  }

  /** The same text with every secret in it covered, also where it stands as JSON or in a URL. */
  hide(text: string): string {
    const found = this.#spans(text)
    if (found.length === 0) return text
    let shown = ''
    let at = 0
    for (const [from, to] of found) {
      if (from >= at) shown += text.slice(at, from) + MASK
      // What overlaps is covered by one mask.
      at = Math.max(at, to)
    }
    return shown + text.slice(at)
  }

  /** Nothing of what it holds, for whoever prints it. */
  toJSON(): string {
    return MASK
  }

  #addText(text: string): void {
    const lines = text.includes('\n') ? text.split(/\r?\n/) : []
    for (const each of [text, ...lines]) {
      for (const form of [each, JSON.stringify(each).slice(1, -1), encoded(each)]) {
        if (form.length >= SHORTEST) this.#values.add(form)
      }
    }
  }

  /** Where secrets stand, in order of their beginning. */
  #spans(text: string): (readonly [from: number, to: number])[] {
    const spans: [number, number][] = []
    for (const value of this.#values) {
      for (let from = text.indexOf(value); from >= 0; from = text.indexOf(value, from + 1)) {
        spans.push([from, from + value.length])
      }
    }
    return spans.sort(([one], [other]) => one - other)
  }
}

/** As it stands in a URL; a text with half a character has no such form. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}
