// What the package weighs for somebody who bundles all of it.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const MOST_BYTES = 4096

it('weighs at most 4 kB, minified and gzipped', async () => {
  const entry = new URL('../src/index.ts', import.meta.url).pathname
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'node20',
    write: false,
  })
  const size = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
  console.log(`plugin-api is ${size} bytes of ${MOST_BYTES}, minified and gzipped`)
  expect(size).toBeGreaterThan(1_000)
  expect(size).toBeLessThanOrEqual(MOST_BYTES)
})
