// The diagnostics channel of reloads.
import { channel } from 'node:diagnostics_channel'
import type { ReloadPlan } from './reload-plan.ts'
import type { ReloadReport } from './reload-report.ts'

/** What `cf-plugins:reload` publishes: the plan before it runs, the report afterwards. */
export type ReloadMessage = {
  /** Which host it is in: `Lifecycle.id`. */
  readonly host: string
} & ({ readonly plan: ReloadPlan } | { readonly report: ReloadReport })

/** `cf-plugins:reload`. */
export const reloadChannel = channel('cf-plugins:reload')
