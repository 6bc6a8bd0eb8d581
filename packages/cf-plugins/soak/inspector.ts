// Looks at every plugin after an edit: what serves, since when, and with which state.
import type { PluginManager } from 'cf-plugins'
import { affectedBy, CAST, entryOf } from './cast.ts'
import type { Judge } from './judge.ts'
import type { Model } from './model.ts'
import type { SoakShared } from './shared.ts'

/** What a plugin says of itself. */
interface Facts {
  readonly id: number
  readonly files: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<string, number>>
}

export class Inspector {
  readonly #manager: PluginManager
  readonly #model: Model
  readonly #shared: SoakShared
  readonly #judge: Judge
  readonly #ids = new Map<string, number>()
  /** Who gets an event, in order, as it was at the beginning. */
  #order: readonly string[] | undefined

  constructor(manager: PluginManager, model: Model, shared: SoakShared) {
    this.#manager = manager
    this.#model = model
    this.#shared = shared
    this.#judge = shared.judge
  }

  /**
   * @param affected whom the edit may have replaced
   * @param down those that cannot be active now
   */
  look(affected: ReadonlySet<string>, down: ReadonlySet<string> = new Set()): void {
    this.#checkOrder()
    const late = this.#lateOnes()
    for (const { name, keepsState } of CAST) {
      const facts = this.#factsOf(name)
      if (down.has(name)) {
        if (facts) this.#judge.wrong('content', `plugin "${name}" serves, and cannot`)
        continue
      }
      if (!facts) {
        this.#judge.wrong('content', `plugin "${name}" does not serve: ${this.#explain(name)}`)
        continue
      }
      if (!affected.has(name) && !late.has(name) && facts.id !== this.#ids.get(name))
        this.#judge.wrong('touched', `plugin "${name}" was made anew, and nothing of its own was saved`)
      this.#ids.set(name, facts.id)
      for (const [file, edit] of this.#model.active(name)) {
        if (facts.files[file] === edit) continue
        this.#judge.wrong('content', `plugin "${name}" runs edit ${facts.files[file]} of ${file}; expected ${edit}`)
        // Told once.
        this.#model.take(name, file, facts.files[file] ?? 0)
      }
      if (keepsState) this.#judge.compare(name, facts.counts)
      const up = this.#shared.generations.upCount(name)
      if (up !== 1) this.#judge.wrong('contract', `plugin "${name}" has ${up} instances that are set up; expected 1`)
    }
  }

  #checkOrder(): void {
    const order = this.#shared.listenersOf('soak.event')
    this.#order ??= order
    const expected = this.#order.filter((name) => order.includes(name))
    if (String(order) !== String(expected))
      this.#judge.wrong('contract', `handlers are in the order ${order}; expected ${expected}`)
  }

  /**
   * A good content that was kept out by a bad one beside it is tried again when that is mended, and then counts.
   * Gives whom that replaced.
   */
  #lateOnes(): Set<string> {
    const late: string[] = []
    for (const role of CAST) {
      const files = this.#factsOf(role.name)?.files
      if (!files || this.#model.isLatest(role, this.#numbers(role.name)) || !this.#model.isLatest(role, files)) continue
      late.push(role.name)
      this.#model.commit(entryOf(role))
    }
    return affectedBy(late)
  }

  #numbers(name: string): Record<string, number> {
    return Object.fromEntries(this.#model.active(name))
  }

  #factsOf(name: string): Facts | undefined {
    if (!this.#manager.registry.has(name)) return undefined
    return (this.#manager.tryGet(name) as { facts(): Facts } | undefined)?.facts()
  }

  #explain(name: string): string {
    try {
      return this.#manager.explain(name).text
    } catch (error) {
      return String(error)
    }
  }
}
