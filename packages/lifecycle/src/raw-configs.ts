// The raw configuration of each plugin: what its host answers, and what was changed at runtime.
import { isDeepStrictEqual } from 'node:util'

interface Changed {
  readonly raw: unknown
  /** What the host answered then. */
  readonly instead: unknown
}

/**
 * Asks the host, and knows what was changed since. A host that keeps configurations learns of a change only when that is in force,
 * and until then it answers what it did before.
 */
export class RawConfigs {
  readonly #configOf: (plugin: string) => unknown
  readonly #changed = new Map<string, Changed>()

  constructor(configOf: (plugin: string) => unknown = () => undefined) {
    this.#configOf = configOf
  }

  of(plugin: string): unknown {
    const answer = this.#configOf(plugin)
    const changed = this.#changed.get(plugin)
    if (!changed) return answer
    if (isDeepStrictEqual(answer, changed.instead)) return changed.raw
    this.#changed.delete(plugin)
    return answer
  }

  set(plugin: string, raw: unknown): void {
    this.#changed.set(plugin, { raw, instead: this.#configOf(plugin) })
  }
}
