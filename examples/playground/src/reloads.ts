// Waits for the reload that a save sets off.
import type { ReloadReport } from 'cf-plugins'

/** The reports of a host, for those who wait for one. */
export class Reloads {
  readonly #waiting = new Set<(report: ReloadReport) => void>()

  add(report: ReloadReport): void {
    for (const take of this.#waiting) take(report)
  }

  /** The next report about a file. */
  of(file: string, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<ReloadReport> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.#waiting.delete(take)
        settle()
      }
      const take = (report: ReloadReport) => {
        if (report.plan.changes.some((change) => change.file === file)) end(() => resolve(report))
      }
      const late = () => reject(new Error(`the save was not dealt with in ${timeoutMs / 1000} s`))
      const timer = setTimeout(() => end(late), timeoutMs)
      const onAbort = () => end(() => reject(signal.reason))
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort)
      this.#waiting.add(take)
    })
  }
}
