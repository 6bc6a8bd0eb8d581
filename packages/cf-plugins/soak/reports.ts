// Waits for the reports of reloads, by the content that they are about.
import type { ReloadReport } from 'cf-plugins'

/** After this time a change that nobody reported has been dropped. */
const REPORT_MS = 30_000

/** The hash of a content, or that the file is gone. */
export type ContentKey = string

export function contentKey(file: string, hash: string | undefined): ContentKey {
  return `${file} ${hash ?? 'gone'}`
}

interface Waiting {
  readonly missing: Set<ContentKey>
  readonly reports: Map<ContentKey, ReloadReport>
  readonly end: () => void
}

export class Reports {
  readonly #waiting = new Set<Waiting>()

  /** To be called with each report. */
  take(report: ReloadReport): void {
    for (const { file, hash } of report.plan.changes) {
      const key = contentKey(file, hash)
      for (const waiting of this.#waiting) {
        waiting.missing.delete(key)
        waiting.reports.set(key, report)
        if (waiting.missing.size === 0) waiting.end()
      }
    }
  }

  /**
   * Begins to listen before the edit is made. What it gives resolves to the last report on each content; on one that was
   * dropped there is none.
   */
  expect(keys: readonly ContentKey[]): { settled(): Promise<ReadonlyMap<ContentKey, ReloadReport>> } {
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const waiting = { missing: new Set(keys), reports: new Map<ContentKey, ReloadReport>(), end }
    this.#waiting.add(waiting)
    return {
      settled: async () => {
        const timer = setTimeout(end, REPORT_MS)
        await ended
        clearTimeout(timer)
        this.#waiting.delete(waiting)
        return waiting.reports
      },
    }
  }
}
