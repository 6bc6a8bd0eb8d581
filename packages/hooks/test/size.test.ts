// What the package weighs for somebody who bundles it beside plugin-api.
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

async function weigh(source: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@cf-plugins/plugin-api'],
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}

it.each([
  ['everything', `export * from '../src/index.ts'`, 22_600],
  ['events alone', `export { PluginEvents } from '../src/index.ts'`, 11_150],
  ['hooks alone', `export { PluginHooks } from '../src/index.ts'`, 14_300],
])('%s weighs what it may, minified and gzipped', async (what, source, most) => {
  const size = await weigh(source)
  console.log(`${what}: ${size} of ${most} bytes`)
  expect(size).toBeGreaterThan(1_000)
  expect(size).toBeLessThanOrEqual(most)
})
