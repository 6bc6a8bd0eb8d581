// What answers may be seen when. The editor writes it before it saves, and what asks for answers judges by it.

/** What the editor tells. Times are of `clock.ts`; versions grow. */
export type Fact =
  /** From now on the edit is under way: answers are counted as its own. */
  | { readonly fact: 'begin'; readonly edit: number; readonly kind: string }
  | { readonly fact: 'end'; readonly edit: number }
  /** About to be saved: may be seen from now on. What was not offered, such as code that is broken, must never be. */
  | { readonly fact: 'offer'; readonly of: string; readonly version: number }
  /** Serves since then: what is asked later must not be answered by anything older. */
  | { readonly fact: 'active'; readonly of: string; readonly version: number; readonly at: number }
  /** About to be disabled: its routes may answer 503 from now on; once it is gone they must, until it is about to return. */
  | { readonly fact: 'leaving' | 'returning'; readonly plugin: string }
  | { readonly fact: 'gone' | 'back'; readonly plugin: string; readonly at: number }

/** What is judged of an answer. */
export interface Seen {
  /** Whose route it was. */
  readonly plugin: string
  readonly sentAt: number
  readonly status: number
  readonly retryAfter: string | undefined
  /** What the answer says of the code that made it, by plugin and helper, and of what was configured. */
  readonly versions: ReadonlyMap<string, number>
}

interface Absence {
  /** Known gone since then. */
  gone?: number
  /** Not gone for sure any more. */
  isReturning: boolean
  /** Known to serve since then. */
  back?: number
}

/** Floors this old have no requests left that were sent before. */
const KEPT_FLOORS = 100

export class Ledger {
  readonly #offered = new Map<string, Set<number>>()
  readonly #floors = new Map<string, { readonly at: number; readonly version: number }[]>()
  readonly #absences = new Map<string, Absence>()

  take(fact: Fact): void {
    switch (fact.fact) {
      case 'offer': {
        const offered = this.#offered.get(fact.of) ?? new Set()
        this.#offered.set(fact.of, offered.add(fact.version))
        break
      }
      case 'active': {
        const floors = this.#floors.get(fact.of) ?? []
        this.#floors.set(fact.of, [...floors, fact].slice(-KEPT_FLOORS))
        break
      }
      case 'leaving':
        this.#absences.set(fact.plugin, { isReturning: false })
        break
      case 'gone':
        this.#absence(fact.plugin).gone = fact.at
        break
      case 'returning':
        this.#absence(fact.plugin).isReturning = true
        break
      case 'back':
        this.#absence(fact.plugin).back = fact.at
        break
      case 'begin':
      case 'end':
        break
    }
  }

  /** Whether a plugin may be away for a request that was sent then. */
  mayBeAway(plugin: string, sentAt: number): boolean {
    const absence = this.#absences.get(plugin)
    return absence !== undefined && (absence.back === undefined || sentAt < absence.back)
  }

  /** What is wrong with an answer; nothing where it is as it must be. Its status is the asker's to judge, but for 503. */
  judge(seen: Seen): string | undefined {
    const { plugin, sentAt, status } = seen
    if (status === 503) {
      if (!this.mayBeAway(plugin, sentAt)) return `503, though "${plugin}" is not disabled`
      return seen.retryAfter ? undefined : '503 without retry-after'
    }
    const { gone, isReturning } = this.#absences.get(plugin) ?? { isReturning: true }
    if (gone !== undefined && !isReturning && sentAt > gone) return `${status}, though "${plugin}" is disabled`
    for (const [of, version] of seen.versions) {
      if (!this.#offered.get(of)?.has(version)) return `made by version ${version} of ${of}, which is broken or unknown`
      const floor = this.#floors.get(of)?.findLast(({ at }) => at < sentAt)
      if (floor && version < floor.version)
        return `made by version ${version} of ${of}, ${(sentAt - floor.at).toFixed(0)} ms after ${floor.version} was active`
    }
    return undefined
  }

  #absence(plugin: string): Absence {
    const absence = this.#absences.get(plugin)
    if (!absence) throw new Error(`"${plugin}" was not leaving`)
    return absence
  }
}
