// Changes that went down with others: all of a unit or nothing, and so good content may wait for another file's.
import type { FileChange } from '@cf-plugins/watcher'
import type { ReloadReport } from './reload-report.ts'

interface Debt {
  readonly changes: Map<string, FileChange>
  /** Plugins that the reload failed for, and files that are none yet. */
  readonly atFault: ReadonlySet<string>
}

/** Those of one reloader: what was saved well comes in with the next try of what it failed with. */
export class OwedChanges {
  readonly #debts = new Set<Debt>()

  /** Remembers what a report says was not taken up. */
  after({ plan, outcome, error, problems }: ReloadReport): void {
    const { changes, reload, start } = plan
    this.#settle(changes)
    if (!error || outcome === 'committed' || changes.length === 0 || reload.length + start.length === 0) return
    const named = problems.flatMap(({ plugin, file }) => plugin ?? file ?? [])
    const all = [...reload.map(({ plugin }) => plugin), ...start.map(({ found }) => found.file)]
    const atFault = new Set(named.length > 0 ? named : all)
    this.#debts.add({ changes: new Map(changes.map((change) => [change.file, change])), atFault })
  }

  /**
   * Changes that come, with those that waited for what they concern.
   *
   * @param concerned the plugins and files that changes are about
   */
  join(
    changes: readonly FileChange[],
    concerned: (changes: readonly FileChange[]) => ReadonlySet<string>,
  ): FileChange[] {
    // Newer content of a file stands for itself.
    this.#settle(changes)
    let joined = [...changes]
    for (let before = -1; before < joined.length && this.#debts.size > 0; ) {
      before = joined.length
      joined = [...this.#waitingFor(concerned(joined)), ...joined]
    }
    return joined
  }

  #waitingFor(concerned: ReadonlySet<string>): FileChange[] {
    const waiting: FileChange[] = []
    for (const debt of this.#debts) {
      if (![...debt.atFault].some((each) => concerned.has(each))) continue
      waiting.push(...debt.changes.values())
      this.#debts.delete(debt)
    }
    return waiting
  }

  #settle(changes: readonly FileChange[]): void {
    for (const debt of this.#debts) {
      for (const { file } of changes) debt.changes.delete(file)
      if (debt.changes.size === 0) this.#debts.delete(debt)
    }
  }
}
