// Nothing of the loader holds an old generation.
import { expect, test } from 'vitest'
import { runChild } from './child.ts'

test('2,000 loads of a plugin of 20 TypeScript files leave at most 1 KB of heap a load, and no old generation', {
  timeout: 120_000,
}, async () => {
  const { bytesPerLoad, alive, made, collected } = JSON.parse(await runChild('heap-child.ts', ['--expose-gc'], '2000'))
  expect(bytesPerLoad).toBeLessThan(1024)
  expect(made).toBeGreaterThan(3600)
  expect(alive).toBeLessThan(10)
  expect(collected).toBeGreaterThan(1800)
})
