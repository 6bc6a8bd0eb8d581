// What the package weighs for somebody who bundles it beside plugin-api. 4 kB were wished for, and no class of it comes to that. Texts of
// errors are a tenth of what is weighed. Of events alone (30 kB minified) the largest parts are who is called and in which order (5.5), what is
// checked where a handler is registered (2.8), batches (3.2), conditions and retries (2.2), who is slow or blocks the loop (3.6), and gates,
// deadlines and reports (4): each a part of the contract that a host may ask for at runtime, and so nothing that a bundler can leave out.
// What can be left out is: pipelines come along with neither events nor hooks, and callEither comes alone.
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
  ['pipelines alone', `export { Pipeline } from '../src/index.ts'`, 12_150],
  ['callEither alone', `export { callEither } from '../src/index.ts'`, 300],
  ['hooks alone', `export { PluginHooks } from '../src/index.ts'`, 14_300],
])('%s weighs what it may, minified and gzipped', async (what, source, most) => {
  const size = await weigh(source)
  console.log(`${what}: ${size} of ${most} bytes`)
  expect(size).toBeGreaterThan(100)
  expect(size).toBeLessThanOrEqual(most)
})
