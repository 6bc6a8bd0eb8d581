// Loading at the start: a file that is being written just then is waited for, as it is in a reload.
import type { FoundPlugin } from '@cf-plugins/loader'
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { type LoadParts, startOne } from './new-code.ts'
import { unsettledError } from './settled-reads.ts'

/** What starts work with. */
export interface StartLoadParts extends LoadParts {
  readonly rested: (files: readonly string[], ms: number) => Promise<boolean>
  readonly settleTimeoutMs: number
}

/** What is in a file that discovery found. @returns also the files that never came to rest, where there are any */
export async function loadAtStart(
  found: FoundPlugin,
  parts: StartLoadParts,
  signal: AbortSignal,
): Promise<{
  readonly records: readonly PluginRecord[]
  readonly failures: readonly PluginError[]
  readonly restless: readonly string[]
}> {
  const { settleTimeoutMs } = parts
  const from = performance.now()
  for (;;) {
    const unsettled = new Set<string>()
    const loaded = await startOne(found, parts, signal, unsettled)
    if (unsettled.size === 0) return { ...loaded, restless: [] }
    const restless = [...unsettled]
    const left = settleTimeoutMs - (performance.now() - from)
    if (left <= 0 || !(await parts.rested(restless, left)))
      return { records: [], failures: [unsettledError(restless, settleTimeoutMs)], restless }
  }
}
