// Ends every plugin, dependents first, within one bound.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { PluginRegistry } from '@cf-plugins/registry'
import type { LifecycleCore } from './core.ts'
import { inReverse } from './ordered.ts'
import type { StopReport } from './start-report.ts'

/** Tears every plugin down. What has not ended at the bound is named and left behind. */
export async function stopAll(core: LifecycleCore, registry: PluginRegistry, boundMs: number): Promise<StopReport> {
  const from = performance.now()
  const left = () => Math.max(1, boundMs - (performance.now() - from))
  const stopped: string[] = []
  const problems: PluginError[] = []
  const running = new Set(core.roster.slots().flatMap((slot) => (slot.serving ? [slot.name] : [])))
  const all = inReverse(registry, [...running], async (name) => {
    const slot = core.roster.slot(name)
    core.services.withdraw(name)
    slot.serving?.vanish()
    problems.push(...((await slot.serving?.end(left())) ?? []))
    slot.serving = undefined
    core.roster.move(slot, 'stopped')
    running.delete(name)
    stopped.push(name)
  })
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, boundMs)
  })
  await Promise.race([all, bound])
  clearTimeout(timer)
  for (const slot of core.roster.slots()) if (!slot.serving) core.roster.move(slot, 'stopped', slot.error)
  for (const problem of problems) core.host.logger.warn({ err: problem }, problem.message)
  return { stopped, problems, hung: [...running], durationMs: performance.now() - from }
}
