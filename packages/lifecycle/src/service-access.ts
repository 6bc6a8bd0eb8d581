// How a host gets at the services of plugins, also while those are replaced.
import { PluginError } from '@cf-plugins/plugin-api'
import type { ServiceTable } from '@cf-plugins/registry'
import type { LifecycleState, PluginSlot } from './plugin-slot.ts'

/** Where a plugin stands that served before its reload and will serve after it. */
const REPLACED: ReadonlySet<LifecycleState> = new Set(['gating', 'saving', 'swapping', 'committing'])

/** The services of one lifecycle, as its host sees them. */
export class ServiceAccess {
  readonly #services: ServiceTable
  readonly #slotOf: (name: string) => PluginSlot

  /** @param slotOf throws where there is no such plugin */
  constructor(services: ServiceTable, slotOf: (name: string) => PluginSlot) {
    this.#services = services
    this.#slotOf = slotOf
  }

  /** @throws `CFP_NOT_ACTIVE`, `CFP_PLUGIN_RELOADING` */
  get(name: string): unknown {
    const found = this.#services.lookup(name)
    const slot = this.#slotOf(found?.owner ?? name)
    if (slot.state !== 'active' && !REPLACED.has(slot.state)) throw notActive(slot)
    if (slot.state === 'active' || slot.gate.whole) {
      // One that is being ended, or comes back from a rest, has an instance, and offers nothing.
      if (!found && slot.serving?.service !== undefined) throw withheld(name)
      return found?.service
    }
    throw new PluginError(
      'CFP_PLUGIN_RELOADING',
      `Plugin "${name}" is being replaced right now. Call again, or use use(), which waits.`,
      { plugin: slot.name, phase: 'gate', ...slot.source },
    )
  }

  /**
   * Calls `task` with a service, as something that is in flight.
   *
   * @throws as `get`, and `CFP_PLUGIN_BUSY`
   */
  async use<T>(
    name: string,
    task: (service: unknown) => T | PromiseLike<T>,
    isInside: (plugin: string) => boolean,
  ): Promise<T> {
    const slot = this.#slotOf(this.#services.lookup(name)?.owner ?? name)
    const lease = async (): Promise<T> => {
      const passage = slot.serving?.passage
      passage?.enter()
      try {
        return await task(this.get(name))
      } finally {
        passage?.leave()
      }
    }
    const { gate } = slot
    // What a plugin of the unit waits for must not wait for the unit.
    const passes = !gate.closed || (gate.admits(slot.name) && isInside(slot.name))
    return passes ? lease() : ((await gate.park(lease, 'call')) as T)
  }
}

function withheld(plugin: string): PluginError {
  const message = `Plugin "${plugin}" is not active: it is just being ended, or switched on.`
  return new PluginError('CFP_NOT_ACTIVE', message, { plugin })
}

/** The error of a plugin that does not serve, with the reason. */
export function notActive({ name, state, error }: PluginSlot): PluginError {
  const why = error ? `: ${error.message}` : '.'
  return new PluginError('CFP_NOT_ACTIVE', `Plugin "${name}" is not active, it is ${state}${why}`, {
    plugin: name,
    cause: error,
  })
}
