// How a host gets at the services of plugins, also while those are replaced.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry, PublishedService } from '@cf-plugins/registry'
import { isThreaded } from './host.ts'
import { PluginCode } from './plugin-code.ts'
import type { LifecycleState, PluginSlot } from './plugin-slot.ts'
import { PluginScoped } from './provided-services.ts'

/** Where a plugin stands that served before its reload and will serve after it. */
const REPLACED: ReadonlySet<LifecycleState> = new Set(['gating', 'saving', 'swapping', 'committing'])

/** The services of one lifecycle, as its host sees them. */
export class ServiceAccess {
  readonly #registry: PluginRegistry
  readonly #slotOf: (name: string) => PluginSlot

  /** @param slotOf throws where there is no such plugin */
  constructor(registry: PluginRegistry, slotOf: (name: string) => PluginSlot) {
    this.#registry = registry
    this.#slotOf = slotOf
  }

  /** @throws `CFP_NOT_ACTIVE`, `CFP_PLUGIN_RELOADING`, `CFP_SERVICE_AMBIGUOUS`, `CFP_SERVICE_SCOPED` */
  get(name: string): unknown {
    const { found, slot } = this.#find(name)
    if (slot.state !== 'active' && !REPLACED.has(slot.state)) throw notActive(slot)
    if (slot.state === 'active' || slot.gate.whole) {
      // One that is being ended, or comes back from a rest, has an instance, and offers nothing.
      if (!found && (name !== slot.name || slot.serving?.service !== undefined)) throw withheld(name, slot)
      if (found?.service instanceof PluginScoped) throw scoped(name, slot)
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
    const { slot } = this.#find(name)
    const lease = async (): Promise<T> => {
      const { serving } = slot
      const passage = serving?.passage
      const run = () => task(this.get(name))
      passage?.enter()
      try {
        const isHere = serving !== undefined && !isThreaded(serving.host, serving.record.meta)
        return await (isHere ? new PluginCode(serving, 'service', name, true).run(run) : run())
      } finally {
        passage?.leave()
      }
    }
    const { gate } = slot
    // What a plugin of the unit waits for must not wait for the unit.
    const passes = !gate.closed || (gate.admits(slot.name) && isInside(slot.name))
    return passes ? lease() : ((await gate.park(lease, 'call')) as T)
  }

  /** What is offered, and by whom; or who would offer it. */
  #find(name: string): { readonly found: PublishedService | undefined; readonly slot: PluginSlot } {
    const found = this.#registry.services.lookup(name)
    if (found) return { found, slot: this.#slotOf(found.owner) }
    const providers = this.#registry.providersOf(name)
    const provider = providers.includes(name) ? name : providers[0]
    return { found, slot: this.#slotOf(provider ?? name) }
  }
}

/** A plugin that is active offers nothing of the name. */
function withheld(name: string, { name: plugin }: PluginSlot): PluginError {
  const why =
    name === plugin ? 'is not active: it is just being ended, or switched on' : `does not offer "${name}" right now`
  return new PluginError('CFP_NOT_ACTIVE', `Plugin "${plugin}" ${why}.`, { plugin })
}

function scoped(name: string, { name: plugin }: PluginSlot): PluginError {
  const message = `Plugin "${plugin}" makes the service "${name}" for each plugin that asks, and a host is none. Ask for it in a plugin.`
  return new PluginError('CFP_SERVICE_SCOPED', message, { plugin })
}

/** The error of a plugin that does not serve, with the reason. */
export function notActive({ name, state, error }: PluginSlot): PluginError {
  const why = error ? `: ${error.message}` : '.'
  return new PluginError('CFP_NOT_ACTIVE', `Plugin "${name}" is not active, it is ${state}${why}`, {
    plugin: name,
    cause: error,
  })
}
