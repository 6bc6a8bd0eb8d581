// The configuration of one generation: checked before it starts, and changed while it lives.
import type { PluginRecord } from '@cf-plugins/plugin-api'
import { chain } from './chain.ts'
import { configFor } from './config.ts'
import type { GenerationStart } from './generation-start.ts'
import type { PluginHost } from './host.ts'
import type { InstanceHooks } from './instance-hooks.ts'

/** Stands for the empty one until that is read: most plugins have no configuration, and read none. */
const NONE = Symbol('none')

/** What `context.config` is. */
export class GenerationConfig {
  #value: unknown
  /** Whether it was changed while the plugin rested, and not taken up yet. */
  isOutdated = false
  #given: GenerationStart['config']

  /** @param given one that is checked already */
  constructor(given: GenerationStart['config']) {
    this.#given = given
  }

  get value(): unknown {
    if (this.#value === NONE) this.#value = {}
    return this.#value
  }

  set value(value: unknown) {
    this.#value = value
  }

  /** Gives the instance another one, and tells it. @throws what its hook threw, said whose it is */
  change(value: unknown, hooks: InstanceHooks): Promise<unknown> {
    const previous = this.value
    this.value = value
    return hooks.call('onConfigChange', undefined, value, previous)
  }

  /** Takes the given one, or else the host's, checked; a promise only where its schema answers with one. @throws `CFP_CONFIG_INVALID` */
  take(record: PluginRecord, host: PluginHost): unknown {
    const given = this.#given
    this.#given = undefined
    // What was written since then may be why a new version failed.
    if (given) {
      this.#value = given.value
      return undefined
    }
    const raw = host.configOf(record.meta.name, record.meta)
    if (!record.meta.config) {
      this.#value = raw ?? NONE
      return undefined
    }
    return chain(configFor(record, raw, host), (value) => {
      this.#value = value
    })
  }
}
