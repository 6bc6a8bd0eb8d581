// What a reload is about to do, for people.
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { ReloadPlan } from 'cf-plugins'
import type { Theme } from './theme.ts'

/** What is shown of a plan: it, or it as plain data. */
export type PlanView = Pick<ReloadPlan, 'reload' | 'start' | 'unload' | 'dependents' | 'order' | 'strategy'>

/** Who is replaced, in which order and why, who comes and who goes: a line each. Empty for a plan that does nothing. */
export function renderPlan(plan: PlanView, { theme }: { readonly theme: Theme }): string {
  const { reload, start, unload, order, strategy } = plan
  const lines: string[] = []
  if (order.length > 0) {
    const why = [...new Set(reload.map((each) => each.why))].join('; ')
    lines.push(`reloading ${order.join(', ')}${strategy === 'overlap' ? ', old beside new' : ''}: ${why}`)
  }
  for (const { found, why } of start) lines.push(`loading ${shownFile(found.file)}: ${why}`)
  for (const { plugin, why } of unload) lines.push(`unloading ${plugin}: ${why}`)
  return lines.map((line) => `${theme.faint(line)}\n`).join('')
}

/** Each plugin of the plan with its reason, in the order in which they are replaced. */
export function planReasons({ reload, dependents, order, strategy }: PlanView): [who: string, why: string][] {
  const reasons = new Map([...reload, ...dependents].map(({ plugin, why }) => [plugin, why]))
  const members = order.map((plugin): [string, string] => [plugin, reasons.get(plugin) ?? ''])
  return members.length > 0 ? [['plan', `${order.join(', ')} (${strategy})`], ...members] : []
}
