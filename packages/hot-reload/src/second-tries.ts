// Changes that could not be taken up when they came, and are tried again when that may have changed.
import type { Lifecycle } from '@cf-plugins/lifecycle'
import type { FileChange } from '@cf-plugins/watcher'
import type { ReloadReport } from './reload-report.ts'

/** What second tries work with. */
export interface SecondTriesParts {
  readonly lifecycle: Pick<Lifecycle, 'registry' | 'inFlight'>
  /** Deals with changes once more; what came since is newer. */
  readonly tryAgain: (changes: readonly FileChange[]) => void
  /** How often it is looked whether what was under way has ended. @default 50 */
  readonly lookMs?: number
  /** When it is tried again although something is under way: with the gate closed it may end. @default 30000 */
  readonly waitMs?: number
}

interface Refusal {
  readonly change: FileChange
  readonly held: string
  readonly unit: readonly FileChange[]
}

/** How often a reload is tried again that could not begin because of what was under way. */
const TRIES = 3

/** Refusals of the registry that another plugin's change may lift. */
const LIFTABLE = /^CFP_(?:DEPENDENCY_|SERVICE_|DUPLICATE_NAME|CHANGE_REFUSED)/

/** Those of one reloader. */
export class SecondTries {
  readonly #parts: SecondTriesParts
  readonly #timers = new Set<NodeJS.Timeout>()
  /** How often each file has been tried again. */
  readonly #tries = new Map<string, number>()
  /** Changes that the registry refused, what it held then, and those that it refused with them. */
  readonly #refused = new Map<string, Refusal>()

  constructor(parts: SecondTriesParts) {
    this.#parts = parts
  }

  /** Content that is new is tried as often as any. */
  forget(changes: readonly FileChange[]): void {
    for (const { file } of changes) {
      this.#tries.delete(file)
      this.#refused.delete(file)
    }
  }

  /** Decides what is to be tried again, now or later. */
  after({ plan, members, error }: ReloadReport): void {
    const { changes } = plan
    for (const { file } of changes) this.#refused.delete(file)
    if (error?.code === 'CFP_DRAIN_TIMEOUT') this.#whenIdle(changes, members)
    else for (const { file } of changes) this.#tries.delete(file)
    const isRefused = error?.phase === 'validate' && LIFTABLE.test(error.code)
    if (!isRefused && this.#refused.size === 0) return
    const held = this.#held()
    if (isRefused) for (const change of changes) this.#refused.set(change.file, { change, held, unit: changes })
    const lifted = [...this.#refused.values()].filter((refusal) => refusal.held !== held)
    for (const { change } of lifted) this.#refused.delete(change.file)
    // What was refused apart is tried apart: one of them may still be what it was.
    for (const unit of new Set(lifted.map((refusal) => refusal.unit)))
      this.#parts.tryAgain(lifted.filter((refusal) => refusal.unit === unit).map(({ change }) => change))
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#refused.clear()
  }

  #whenIdle(changes: readonly FileChange[], members: readonly string[]): void {
    const left = changes.filter(({ file }) => (this.#tries.get(file) ?? 0) < TRIES)
    if (left.length === 0) return
    for (const { file } of left) this.#tries.set(file, (this.#tries.get(file) ?? 0) + 1)
    const { lifecycle, tryAgain, lookMs = 50, waitMs = 30_000 } = this.#parts
    const until = performance.now() + waitMs
    const look = () => {
      const isBusy = members.some((name) => lifecycle.registry.has(name) && lifecycle.inFlight(name) > 0)
      if (isBusy && performance.now() < until) this.#after(lookMs, look)
      // Newer content counts its own tries.
      else tryAgain(left.filter(({ file }) => this.#tries.has(file)))
    }
    look()
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }

  /** What a refusal depends on: which plugins there are, in which versions, and what they need. */
  #held(): string {
    const { registry } = this.#parts.lifecycle
    return JSON.stringify(registry.records().map(({ meta: { config: _config, ...meta } }) => meta))
  }
}
