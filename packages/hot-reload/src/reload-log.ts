// Reloads, told to the log: what a person wants to know at `info`, every phase and every reason at `debug`.
import type { Logger, PluginError } from '@cf-plugins/plugin-api'
import type { ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'

/** What will be done, and why. */
export function logPlan(plan: ReloadPlan, logger: Logger): void {
  const { reload, start, unload, dependents, order, strategy, passedOver } = plan
  for (const { file, why } of passedOver) logger.debug({ file, why }, `${file} passed over: ${why}`)
  for (const { plugin, why } of unload) logger.debug({ plugin, why }, `"${plugin}" is unloaded: ${why}`)
  for (const { found, why } of start) logger.debug({ file: found.file, why }, `${found.file} is loaded: ${why}`)
  for (const { plugin, why } of reload) logger.debug({ plugin, why }, `"${plugin}" is reloaded: ${why}`)
  for (const { plugin, why } of dependents) logger.debug({ plugin, why }, `"${plugin}" is made anew: ${why}`)
  if (order.length > 0) logger.debug({ plugins: order, strategy }, `in this order, ${strategy}: ${order.join(', ')}`)
  const plugins = reload.map(({ plugin }) => plugin)
  if (plugins.length > 0) logger.info({ plugins }, `reloading ${plugins.join(', ')}`)
}

/** What came of it. `known` problems the log has already. */
export function logReport(report: ReloadReport, known: readonly PluginError[], logger: Logger): void {
  const { outcome, members, started, unloaded, phases, durationMs, error, slow, rolledBack } = report
  if (outcome === 'nothing') return
  const time = `${Math.round(durationMs * 10) / 10} ms`
  for (const { phase, durationMs: ms } of phases)
    logger.debug({ phase, durationMs: ms }, `${phase}: ${ms.toFixed(2)} ms`)
  if (members.length > 0 && outcome === 'committed')
    logger.info({ plugins: members, durationMs }, `reloaded ${members.join(', ')} in ${time}`)
  if (started.length > 0) logger.info({ plugins: started }, `started ${started.join(', ')}`)
  if (unloaded.length > 0) logger.info({ plugins: unloaded }, `unloaded ${unloaded.join(', ')}`)
  for (const problem of report.problems) if (!known.includes(problem)) logProblem(problem, logger)
  if (error && outcome === 'kept') logger.info({ durationMs }, 'the old code serves on')
  if (rolledBack.length > 0)
    logger.info({ plugins: rolledBack, durationMs }, `rolled back: ${rolledBack.join(', ')} as before`)
  if (slow) {
    const { phase } = slow
    logger.warn({ event: 'reload.slow', durationMs, phase }, `The reload took ${time}, most of it in phase "${phase}".`)
  }
}

function logProblem(problem: PluginError, logger: Logger): void {
  if (problem.code === 'CFP_RELOAD_ORPHANED') logger.warn({ err: problem }, problem.message)
  else if (problem.code === 'CFP_RELOAD_STOPPED') logger.info({ err: problem }, problem.message)
  else logger.error({ err: problem }, problem.message)
}
