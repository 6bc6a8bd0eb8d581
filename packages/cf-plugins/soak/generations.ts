// Which instances of each plugin were made, are up, and are still in memory.
import type { Judge } from './judge.ts'

export class Generations {
  readonly #judge: Judge
  readonly #made = new Map<string, Set<WeakRef<object>>>()
  readonly #up = new Map<string, Set<number>>()
  readonly #gone: FinalizationRegistry<() => void>
  #last = 0

  constructor(judge: Judge) {
    this.#judge = judge
    this.#gone = new FinalizationRegistry((forget) => forget())
  }

  /** A number for a new instance, which no other has. */
  born(plugin: string, instance: object): number {
    const made = this.#made.get(plugin) ?? new Set()
    this.#made.set(plugin, made)
    const reference = new WeakRef(instance)
    made.add(reference)
    this.#gone.register(instance, () => made.delete(reference))
    return ++this.#last
  }

  up(plugin: string, id: number): void {
    const up = this.#up.get(plugin) ?? new Set()
    this.#up.set(plugin, up)
    up.add(id)
    if (up.size > 2) this.#judge.wrong('contract', `plugin "${plugin}" has ${up.size} generations that are set up`)
  }

  down(plugin: string, id: number): void {
    if (!this.#up.get(plugin)?.delete(id))
      this.#judge.wrong('contract', `an instance of plugin "${plugin}" that was not set up was torn down`)
  }

  /** How many instances of a plugin are set up and not torn down. */
  upCount(plugin: string): number {
    return this.#up.get(plugin)?.size ?? 0
  }

  /** The most instances of any plugin that are in memory: to be asked for after a collection. */
  mostAlive(): { readonly plugin: string; readonly alive: number } {
    let most = { plugin: '', alive: 0 }
    for (const [plugin, made] of this.#made) {
      const alive = [...made].filter((reference) => reference.deref() !== undefined).length
      if (alive > most.alive) most = { plugin, alive }
    }
    return most
  }
}
