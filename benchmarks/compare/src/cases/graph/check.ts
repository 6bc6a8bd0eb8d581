// Whether a contender did the work: an order that is one, and batches that could not be earlier.
import assert from 'node:assert/strict'
import type { Entries } from './graphs.ts'
import type { Ordered } from './peers.ts'

/** @throws AssertionError where the order is none of these entries, or batches are not the least ones */
export function checkOrdered(entries: Entries, { order, batches }: Ordered): void {
  const names = new Set(entries.flatMap(([name, dependencies]) => [name, ...dependencies]))
  assert.equal(order.length, names.size, 'as many as there are names')
  const dependencies = new Map(entries)
  const levels = new Map<string, number>()
  for (const name of order) {
    assert.ok(names.has(name) && !levels.has(name), `${name} is there once`)
    let level = 0
    for (const dependency of dependencies.get(name) ?? []) {
      const below = levels.get(dependency)
      assert.ok(below !== undefined, `${dependency} comes before ${name}`)
      level = Math.max(level, below + 1)
    }
    levels.set(name, level)
  }
  if (!batches) return
  assert.equal(
    batches.reduce((sum, batch) => sum + batch.length, 0),
    names.size,
    'batches hold all names',
  )
  for (const [index, batch] of batches.entries()) {
    for (const name of batch) assert.equal(levels.get(name), index, `${name} is in the batch of its level`)
  }
}
