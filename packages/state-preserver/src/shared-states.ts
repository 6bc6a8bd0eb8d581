// The parts of the state that plugins share: one value each, for all plugins of a host.
import type { FixedState } from './fixed-state.ts'
import { StateCell } from './state-cell.ts'

/** Where shared parts come from, and go to. */
export interface SharedStore {
  /** What an earlier process left of a part; never rejects. */
  load(name: string): Promise<FixedState | undefined>
  /** Told of each new value. */
  save(name: string, fixed: FixedState): void
}

/** The name under which a shared part is kept; no plugin has one like it. */
export function sharedName(part: string): string {
  return `shared:${part}`
}

export class SharedStates {
  readonly #store: SharedStore | undefined
  readonly #cells = new Map<string, StateCell>()
  /** Those that are looked for; `undefined` once they have been. */
  readonly #loads = new Map<string, Promise<void> | undefined>()

  /** @param store where they outlive the process, if anywhere */
  constructor(store: SharedStore | undefined) {
    this.#store = store
  }

  /** The part of that name. */
  cell(name: string): StateCell {
    let cell = this.#cells.get(name)
    if (!cell) {
      cell = new StateCell()
      cell.onPut = (fixed) => this.#store?.save(name, fixed)
      this.#cells.set(name, cell)
    }
    return cell
  }

  /** Loads those parts that were not looked for yet; nothing to wait for where there are none. */
  prepare(names: readonly string[]): undefined | Promise<void> {
    const store = this.#store
    if (!store) return undefined
    const loads = names.flatMap(
      (name) => (this.#loads.has(name) ? this.#loads.get(name) : this.#load(name, store)) ?? [],
    )
    return loads.length === 0 ? undefined : Promise.all(loads).then(() => {})
  }

  #load(name: string, store: SharedStore): Promise<void> {
    const load = store.load(name).then((fixed) => {
      const cell = this.cell(name)
      // What somebody set in the meantime is newer.
      if (fixed) cell.fixed ??= fixed
      this.#loads.set(name, undefined)
    })
    this.#loads.set(name, load)
    return load
  }
}
