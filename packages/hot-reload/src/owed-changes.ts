// Changes that went down with others: all of a unit or nothing, and so good content may wait for another file's.
import type { FileChange } from '@cf-plugins/watcher'
import type { ReloadReport } from './reload-report.ts'

interface Debt {
  readonly changes: Map<string, FileChange>
  /** Plugins that the reload failed for. */
  readonly atFault: ReadonlySet<string>
}

/** Those of one reloader: what was saved well comes in with the next try of what it failed with. */
export class OwedChanges {
  readonly #debts = new Set<Debt>()

  /** Remembers what a report says was not taken up. */
  after({ plan, outcome, error, problems }: ReloadReport): void {
    const { changes, reload } = plan
    this.#settle(changes)
    if (!error || outcome === 'committed' || changes.length === 0 || reload.length === 0) return
    const named = problems.flatMap(({ plugin }) => plugin ?? [])
    const atFault = new Set(named.length > 0 ? named : reload.map(({ plugin }) => plugin))
    this.#debts.add({ changes: new Map(changes.map((change) => [change.file, change])), atFault })
  }

  /** Changes that come, with those that waited for one of `plugins`, which they concern. */
  join(changes: readonly FileChange[], plugins: ReadonlySet<string>): FileChange[] {
    const joined = new Map<string, FileChange>()
    for (const debt of this.#debts) {
      if (![...debt.atFault].some((plugin) => plugins.has(plugin))) continue
      for (const [file, change] of debt.changes) joined.set(file, change)
      this.#debts.delete(debt)
    }
    this.#settle(changes)
    // Newer content of a file stands for itself.
    for (const change of changes) joined.set(change.file, change)
    return [...joined.values()]
  }

  clear(): void {
    this.#debts.clear()
  }

  #settle(changes: readonly FileChange[]): void {
    for (const debt of this.#debts) {
      for (const { file } of changes) debt.changes.delete(file)
      if (debt.changes.size === 0) this.#debts.delete(debt)
    }
  }
}
