// The longest chain of places in a region, each a short way from another one of it: towns that have grown together.
import { type Region, Survey } from './_shared/batch.ts'
import { distanceKm } from './_shared/distance.ts'
import { definePlugin } from './_shared/host.ts'
import { addStep } from './_shared/ways.ts'

const STEP_KM = 3

export function chains({ points, twins }: Region): Pick<Region, 'chain'> {
  const isTwin = new Set(twins)
  const indexes = Array.from({ length: points.length / 2 }, (_, index) => index).filter((index) => !isTwin.has(index))
  // Where a place leads to: the first place of its chain, over however many others.
  const leads = Int32Array.from({ length: points.length / 2 }, (_, index) => index)
  const firstOf = (index: number): number => {
    const next = leads[index] as number
    if (next === index) return index
    const first = firstOf(next)
    leads[index] = first
    return first
  }
  for (const a of indexes) {
    for (const b of indexes) {
      if (b >= a) break
      if (distanceKm(points, a, b) > STEP_KM) continue
      const [first, second] = [firstOf(a), firstOf(b)]
      leads[Math.max(first, second)] = Math.min(first, second)
    }
  }
  const lengths = new Map<number, number>()
  for (const index of indexes) lengths.set(firstOf(index), (lengths.get(firstOf(index)) ?? 0) + 1)
  const [first, length] = [...lengths].reduce((most, each) => (each[1] > most[1] ? each : most), [0, 0])
  return { chain: { length, first } }
}

export default definePlugin({
  name: 'chains',
  version: '1.0.0',
  setup({ pipeline, shared }) {
    addStep(pipeline(Survey), shared.way, 'chains', chains, {
      group: 'figures',
      after: ['load', 'twins'],
      offload: true,
    })
  },
})
