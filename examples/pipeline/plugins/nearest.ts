// How far it is from each place to the nearest other one of its region: each with each, which is what threads are for.
import { type Region, Survey } from './_shared/batch.ts'
import { distanceKm } from './_shared/distance.ts'
import { definePlugin } from './_shared/host.ts'
import { addStep } from './_shared/ways.ts'

export function nearest({ points, twins }: Region): Pick<Region, 'nearestKm'> {
  const count = points.length / 2
  const isTwin = new Set(twins)
  const nearestKm = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  for (let a = 0; a < count; a++) {
    if (isTwin.has(a)) continue
    for (let b = 0; b < a; b++) {
      if (isTwin.has(b)) continue
      const km = distanceKm(points, a, b)
      if (km < (nearestKm[a] as number)) nearestKm[a] = km
      if (km < (nearestKm[b] as number)) nearestKm[b] = km
    }
  }
  // To ten metres.
  return { nearestKm: nearestKm.map((km) => Math.round(km * 100) / 100) }
}

export default definePlugin({
  name: 'nearest',
  version: '1.0.0',
  setup({ pipeline, shared }) {
    addStep(pipeline(Survey), shared.way, 'nearest', nearest, {
      group: 'figures',
      after: ['load', 'twins'],
      offload: true,
    })
  },
})
