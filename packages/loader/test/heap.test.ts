// Nothing of the loader holds an old generation.
import { expect, test } from 'vitest'
import { runChild } from './child.ts'

test('3,000 loads of a plugin of 20 TypeScript files fit into a heap of 60 MB, leave at most 1 KB a load, and no old generation', {
  timeout: 120_000,
}, async () => {
  const flags = ['--expose-gc', '--max-old-space-size=60']
  const { bytesPerLoad, alive, made, collected } = JSON.parse(await runChild('heap-child.ts', flags, '3000'))
  expect(bytesPerLoad).toBeLessThan(1024)
  expect(made).toBeGreaterThan(5400)
  expect(alive).toBeLessThan(10)
  expect(collected).toBeGreaterThan(2700)
})
