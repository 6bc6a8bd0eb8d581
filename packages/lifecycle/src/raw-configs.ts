// The raw configuration of each plugin: what its host answers, and what was changed at runtime.
import { isDeepStrictEqual } from 'node:util'
import type { ResolvedPluginMeta } from '@cf-plugins/plugin-api'

/** What a host is asked for a configuration with: new code may have another schema than the code that runs. */
export type ConfigOf = (plugin: string, meta?: ResolvedPluginMeta) => unknown

/** Where a value of a configuration stands. */
export interface ConfigPlace {
  /** Absolute. */
  readonly file: string
  /** From 1. */
  readonly line?: number | undefined
  /** From 1. */
  readonly column?: number | undefined
}

interface Changed {
  readonly raw: unknown
  /** What the host answered then; nothing where it refused. */
  readonly instead: { readonly answer: unknown } | undefined
}

/**
 * Asks the host, and knows what was changed since. A host that keeps configurations learns of a change only when that is in force,
 * and until then it answers what it did before.
 */
export class RawConfigs {
  readonly #configOf: ConfigOf
  readonly #changed = new Map<string, Changed>()

  constructor(configOf: ConfigOf = () => undefined) {
    this.#configOf = configOf
  }

  /** @throws what the host throws */
  of(plugin: string, meta?: ResolvedPluginMeta): unknown {
    const changed = this.#changed.get(plugin)
    if (!changed) return this.#configOf(plugin, meta)
    const answered = this.#ask(plugin, meta)
    if (isDeepStrictEqual(answered, changed.instead)) return changed.raw
    this.#changed.delete(plugin)
    return this.#configOf(plugin, meta)
  }

  /** Cannot fail, whatever the host does: it is part of a commit. */
  set(plugin: string, raw: unknown): void {
    this.#changed.set(plugin, { raw, instead: this.#ask(plugin) })
  }

  #ask(plugin: string, meta?: ResolvedPluginMeta): Changed['instead'] {
    try {
      return { answer: this.#configOf(plugin, meta) }
    } catch {
      return undefined
    }
  }
}
