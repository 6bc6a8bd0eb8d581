// Ends every plugin, dependents first, within one bound.
import { PluginError } from '@cf-plugins/plugin-api'
import { atMost } from '@cf-plugins/plugin-api/host'
import type { PluginRegistry } from '@cf-plugins/registry'
import { logProblems } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { inReverse } from './ordered.ts'
import type { StopReport } from './start-report.ts'

/** The part of the bound that is for ending plugins in their order; in the rest those that are left end all at once. */
const ORDERLY = 0.8

/** Tears every plugin down. What has not ended at the bound is named and left behind. */
export async function stopAll(core: LifecycleCore, registry: PluginRegistry, boundMs: number): Promise<StopReport> {
  const from = performance.now()
  const left = (share = 1) => Math.max(1, share * boundMs - (performance.now() - from))
  const stopped: string[] = []
  const hung: string[] = []
  const problems: PluginError[] = []
  const running = new Map(core.roster.slots().flatMap((slot) => (slot.serving ? [[slot.name, slot] as const] : [])))
  const stopOne = async (name: string) => {
    const slot = running.get(name)
    if (!slot?.serving) return
    core.services.withdraw(name)
    slot.serving.vanish()
    const ended = await slot.serving.end(left())
    if (!running.delete(name)) return
    problems.push(...ended)
    const isHung = ended.some(({ code }) => code === 'CFP_TEARDOWN_TIMEOUT')
    ;(isHung ? hung : stopped).push(name)
  }
  const names = [...running.keys()]
  await atMost(inReverse(registry, names, stopOne), left(ORDERLY))
  if (running.size > 0) await atMost(Promise.all([...running.keys()].reverse().map(stopOne)), left())
  hung.push(...running.keys())
  running.clear()
  const undelivered = new Map<string, number>()
  for (const slot of core.roster.slots()) {
    slot.serving = undefined
    core.roster.move(slot, 'stopped', slot.error)
    const lost = slot.discardParked(
      new PluginError('CFP_STOPPED', `Plugin "${slot.name}" was stopped.`, { plugin: slot.name }),
    )
    if (lost > 0) undelivered.set(slot.name, lost)
  }
  logProblems(core, problems)
  return { stopped, problems, hung, undelivered, durationMs: performance.now() - from }
}
