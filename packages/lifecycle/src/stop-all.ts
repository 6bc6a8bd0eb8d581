// Ends every plugin, dependents first, within one bound.
import { PluginError } from '@cf-plugins/plugin-api'
import { atMost } from '@cf-plugins/plugin-api/host'
import type { PluginRegistry } from '@cf-plugins/registry'
import { logProblems } from './bring-up.ts'
import type { LifecycleCore } from './core.ts'
import { undeliveredTo } from './failures.ts'
import { flushState, isLasting, stopSaver } from './lasting-state.ts'
import { inReverse } from './ordered.ts'
import { stopWaits, tellWhoIsLate } from './slow-start.ts'
import type { StopReport } from './start-report.ts'

/** The part of the bound that is for ending plugins in their order; in the rest those that are left end all at once. */
const ORDERLY = 0.8

/** The part of the bound, and how long at most in milliseconds, in which what is in flight may end before it is torn down. */
const DRAIN = 0.25
const DRAIN_MS = 5000

/** The part of the bound in which all must have ended where state is still to be written. */
const ENDED = 0.9

/** Tears every plugin down. What has not ended at the bound is named and left behind. */
export async function stopAll(
  core: LifecycleCore,
  registry: PluginRegistry,
  boundMs: number,
  { drains = true } = {},
): Promise<StopReport> {
  const from = performance.now()
  const left = (share = 1) => Math.max(1, share * boundMs - (performance.now() - from))
  const stopped: string[] = []
  const hung: string[] = []
  const problems: PluginError[] = []
  const undelivered = new Map<string, number>()
  const save = stopSaver(core, problems)
  // What is left of the bound then is for writing state, where it is kept for the next process.
  const ends = isLasting(core.keeper) ? ENDED : 1
  const running = new Map(core.roster.slots().flatMap((slot) => (slot.serving ? [[slot.name, slot] as const] : [])))
  const begun = new Set<string>()
  const ended = tellWhoIsLate(core, 'stopping', () => stopWaits(running, begun, (name) => registry.affectedBy([name])))
  const stopOne = async (name: string) => {
    const slot = running.get(name)
    const serving = slot?.serving
    if (!serving) return
    begun.add(name)
    core.services.withdraw(name)
    serving.vanish()
    if (drains && slot.inFlight > 0) {
      serving.scope.abort()
      await slot.drained(Math.min(left(DRAIN), DRAIN_MS))
    }
    const saving = save(serving, left())
    if (saving) await saving
    const failures = await serving.end(left())
    if (!running.delete(name)) return
    problems.push(...failures)
    const isHung = failures.some(({ code }) => code === 'CFP_TEARDOWN_TIMEOUT')
    ;(isHung ? hung : stopped).push(name)
  }
  const names = [...running.keys()]
  await atMost(inReverse(registry, names, stopOne), left(ORDERLY))
  if (running.size > 0) await atMost(Promise.all([...running.keys()].reverse().map(stopOne)), left(ends))
  ended()
  hung.push(...running.keys())
  running.clear()
  for (const slot of core.roster.slots()) {
    slot.serving = undefined
    core.roster.move(slot, 'stopped', slot.error)
    const lost = slot.discardParked(
      new PluginError('CFP_STOPPED', `Plugin "${slot.name}" was stopped.`, { plugin: slot.name }),
    )
    if (lost === 0) continue
    undelivered.set(slot.name, lost)
    problems.push(undeliveredTo(slot.name, 'stopped', lost))
  }
  // Code of an earlier generation that still runs keeps the process from ending just as well.
  for (const { name, zombies } of core.roster.slots()) if (zombies > 0 && !hung.includes(name)) hung.push(name)
  await flushState(core, left(), problems)
  logProblems(core, problems)
  return { stopped, problems, hung, undelivered, durationMs: performance.now() - from }
}
