// Plugins that go out of sight while they keep what they are: at rest, or about to end with their state kept.
import type { PluginRegistry } from '@cf-plugins/registry'
import { logProblems } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { failureOf } from './failures.ts'
import type { Generation } from './generation.ts'
import type { PluginSlot } from './plugin-slot.ts'
import { saveState } from './state.ts'

/** How long a plugin that goes may take to end what it has in flight, in milliseconds. */
const REST_MS = 5000

/** Takes a plugin's service and handlers out of sight. */
export function hide(core: LifecycleCore, { name }: PluginSlot, serving: Generation): void {
  core.services.withdraw(name)
  serving.pause()
}

/** Switches a running plugin off, because a person wants it so or because what it needs is away; it keeps its instance. */
export async function rest(core: LifecycleCore, registry: PluginRegistry, slot: PluginSlot): Promise<void> {
  const { serving } = slot
  if (!serving) return
  const isWanted = core.roster.wish(slot.name) ?? registry.get(slot.name)?.meta.enabled
  const state = isWanted ? 'blocked' : 'disabled'
  core.roster.move(slot, state)
  hide(core, slot, serving)
  await slot.drained(REST_MS)
  try {
    await serving.call('onDisable')
  } catch (error) {
    core.roster.move(slot, state, failureOf(serving, 'onDisable', error))
    serving.report('onDisable()', error)
  }
  logProblems(core, await serving.letGo())
}

/**
 * Ends a plugin's instance and keeps its state for the next one.
 *
 * @throws where the state cannot be kept and that is `strict`; the instance is as it was then
 */
export async function endKeepingState(core: LifecycleCore, name: string, { strict = false } = {}): Promise<void> {
  const slot = core.roster.slot(name)
  const { serving } = slot
  if (!serving) return
  hide(core, slot, serving)
  if (!(await slot.drained(REST_MS))) {
    const what = `ended while ${slot.inFlight} of its calls had not: what those change from now on is not in its state.`
    core.host.logger.warn({ plugin: name }, `Plugin "${name}" was ${what}`)
  }
  try {
    slot.kept = await saveState(core, serving)
  } catch (err) {
    if (strict) throw err
    // What is in `context.state` is there without the plugin's help.
    slot.kept = serving.kept.open?.peek() ?? slot.kept
    core.host.logger.warn({ err }, `The state of plugin "${name}" could not be kept while it was unloaded.`)
  }
  serving.vanish()
  logProblems(core, await serving.end())
  slot.serving = undefined
}
