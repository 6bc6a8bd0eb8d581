// Waits for the reports of reloads, by the content that they are about.
import type { ReloadReport } from 'cf-plugins'

/** After this time a change that nobody reported has been dropped. */
const REPORT_MS = 30_000

/** The hash of a content, or that the file is gone. */
export type ContentKey = string

export function contentKey(file: string, hash: string | undefined): ContentKey {
  return `${file} ${hash ?? 'gone'}`
}

/** What is reported from a moment on. */
export class Hearing {
  /** The last report on each content. */
  readonly reports = new Map<ContentKey, ReloadReport>()
  readonly #missing: Set<ContentKey>
  readonly #hearings: Set<Hearing>
  #heard = () => {}

  constructor(keys: readonly ContentKey[], hearings: Set<Hearing>) {
    this.#missing = new Set(keys)
    this.#hearings = hearings
    hearings.add(this)
  }

  take(report: ReloadReport): void {
    for (const { file, hash } of report.plan.changes) {
      const key = contentKey(file, hash)
      this.reports.set(key, report)
      this.#missing.delete(key)
    }
    if (this.#missing.size === 0) this.#heard()
  }

  /** Resolves when each content was reported, or is not going to be. */
  async complete(): Promise<void> {
    if (this.#missing.size === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#heard = resolve
      timer = setTimeout(resolve, REPORT_MS)
    })
    clearTimeout(timer)
  }

  /** Hears no more. */
  end(): void {
    this.#hearings.delete(this)
  }
}

export class Reports {
  readonly #hearings = new Set<Hearing>()

  /** To be called with each report. */
  take(report: ReloadReport): void {
    for (const hearing of this.#hearings) hearing.take(report)
  }

  /** Begins to listen, before the edit is made. */
  expect(keys: readonly ContentKey[]): Hearing {
    return new Hearing(keys, this.#hearings)
  }
}
