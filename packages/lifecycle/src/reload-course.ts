// The two ways of a reload from the old code to the new, seen from outside.
import type { PluginError } from '@cf-plugins/plugin-api'
import type { ReloadStrategy } from './reload-unit.ts'

/** What lies around the commit, which is the same for both. */
export interface ReloadCourse {
  readonly strategy: ReloadStrategy
  /** All that can fail: after it the new code only has to be shown. @throws why it cannot be */
  prepare(): Promise<void>
  /** After a failed `prepare`: ends the new code, makes the old one serve, and opens the gates. */
  rollBack(cause: PluginError): Promise<'rolled-back' | 'failed'>
  /** After the commit, gates open: ends what is left of the old code. What fails there is a problem, no more. */
  retire(): Promise<void>
}
