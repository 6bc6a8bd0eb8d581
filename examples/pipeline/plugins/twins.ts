// The same place twice: one name, and hardly any way between the two. The later record goes. Asked only where a name occurs twice at all.
import { type Region, Survey } from './_shared/batch.ts'
import { distanceKm } from './_shared/distance.ts'
import { definePlugin } from './_shared/host.ts'

const NEAR_KM = 2

export default definePlugin({
  name: 'twins',
  version: '1.0.0',
  setup({ pipeline }) {
    pipeline(Survey).step('twins', findTwins, {
      after: 'load',
      condition: ({ names }) => new Set(names).size < names.length,
    })
  },
})

function findTwins(region: Region): Region {
  const { names, points } = region
  const byName = new Map<string, number[]>()
  const twins: number[] = []
  for (const [index, name] of names.entries()) {
    const earlier = byName.get(name) ?? []
    if (earlier.some((each) => distanceKm(points, each, index) < NEAR_KM)) twins.push(index)
    else byName.set(name, [...earlier, index])
  }
  return { ...region, twins }
}
