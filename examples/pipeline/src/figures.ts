// What a survey of all regions finds: the best of each kind, and no more is kept.
import type { Region } from '../plugins/_shared/batch.ts'

/** One line of a table. */
export interface Find {
  readonly place: string
  readonly region: string
  /** Kilometres, or places. */
  readonly figure: number
}

/** What is remarkable. */
export interface Finds {
  readonly regions: number
  /** Twins that were left out. */
  readonly twins: number
  readonly loneliest: readonly Find[]
  readonly chains: readonly Find[]
}

const LONGEST = 5

export class Figures {
  #regions = 0
  #twins = 0
  #loneliest: readonly Find[] = []
  #chains: readonly Find[] = []

  add(region: Region): void {
    const { twins, chain, nearestKm, names } = region
    this.#regions++
    this.#twins += twins.length
    const lonely = loneliestOf(region)
    if (lonely !== undefined) {
      this.#loneliest = best(this.#loneliest, findIn(region, names[lonely], nearestKm[lonely]))
    }
    this.#chains = best(this.#chains, findIn(region, names[chain.first], chain.length))
  }

  get all(): Finds {
    return { regions: this.#regions, twins: this.#twins, loneliest: this.#loneliest, chains: this.#chains }
  }
}

/** A region as a line of its file. */
export function lineOf(region: Region): object {
  const { code, name, names, twins, chain, nearestKm } = region
  const lonely = loneliestOf(region)
  return {
    code,
    name,
    places: names.length - twins.length,
    loneliest: lonely === undefined ? undefined : { name: names[lonely], km: nearestKm[lonely] },
    longestChain: { first: names[chain.first], places: chain.length },
  }
}

/** The place with the longest way to the next one; none where there is but one. */
function loneliestOf({ nearestKm }: Region): number | undefined {
  let most: number | undefined
  for (const [index, km] of nearestKm.entries()) {
    if (Number.isFinite(km) && km > (most === undefined ? -1 : (nearestKm[most] ?? -1))) most = index
  }
  return most
}

function findIn({ code, name }: Region, place = '', figure = 0): Find {
  return { place, region: `${name ?? 'no region'}, ${code.slice(0, 2)}`, figure }
}

function best(finds: readonly Find[], find: Find): readonly Find[] {
  return [...finds, find].sort((a, b) => b.figure - a.figure).slice(0, LONGEST)
}
