// Random graphs of plugins: whatever depends on whom, plugins start after those that they need and end before them, and
// the same plugins do so in the same order each time.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runsOf } from './model/outcomes.ts'
import { lifecycleOf, noting } from './support.ts'

/** For each plugin, whom it needs: only plugins of a lower number, so that there is no circle. They are added in `order`. */
const graph = fc.integer({ min: 1, max: 9 }).chain((size) => {
  const numbers = Array.from({ length: size }, (_, number) => number)
  return fc.record({
    needs: fc.tuple(...numbers.map((number) => fc.subarray(numbers.slice(0, number)))),
    order: fc.shuffledSubarray(numbers, { minLength: size }),
    parallel: fc.boolean(),
    reloaded: fc.constantFrom(...numbers),
  })
})

async function logOf({ needs, order, parallel, reloaded }: typeof graph extends fc.Arbitrary<infer T> ? T : never) {
  const log: string[] = []
  const make = (number: number) =>
    noting(log, { name: `p${number}`, dependencies: (needs[number] ?? []).map((each) => `p${each}`) })
  const lifecycle = lifecycleOf(order.map(make))
  await lifecycle.start({ parallel })
  await lifecycle.reload({ set: [make(reloaded)] })
  await lifecycle.stop()
  return log
}

it('starts and stops in topological order, the same each time (invariant 11)', async () => {
  const { share: _share, ...fcOptions } = runsOf(300)
  const property = fc.asyncProperty(graph, async (given) => {
    const log = await logOf(given)
    expect(await logOf(given)).toEqual(log)
    const up = new Set<string>()
    for (const entry of log) {
      const [hook, name = ''] = entry.split(' ')
      const needed = given.needs[Number(name.slice(1))]?.map((each) => `p${each}`) ?? []
      if (hook === 'setup') {
        for (const other of needed) expect([entry, other, up.has(other)]).toEqual([entry, other, true])
        expect(up).not.toContain(name)
        up.add(name)
      } else if (hook === 'teardown') {
        for (const other of needed) expect([entry, other, up.has(other)]).toEqual([entry, other, true])
        up.delete(name)
      }
    }
    expect([...up]).toEqual([])
  })
  await fc.assert(property, fcOptions)
})
