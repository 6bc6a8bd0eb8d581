// What the loader makes of a module graph is what Node makes of it.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadModule } from '../src/index.ts'
import { moduleGraphs } from './module-graphs.ts'

const run = promisify(execFile)

declare global {
  var log: (...values: unknown[]) => void
}

describe('a module graph prints the same natively and through the loader', () => {
  let root: string
  let native: Record<string, string[]>

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'cf-graphs-')))
    for (const [index, files] of Object.values(moduleGraphs).entries()) {
      await mkdir(join(root, String(index)))
      for (const [name, text] of Object.entries(files)) await writeFile(join(root, String(index), name), text)
    }
    // One process runs them all, one after the other.
    await writeFile(
      join(root, 'all.mjs'),
      `import { inspect } from 'node:util'
       const printed = {}
       for (const [index, name] of ${JSON.stringify(Object.keys(moduleGraphs))}.entries()) {
         const lines = (printed[name] = [])
         globalThis.log = (...values) => void lines.push(values.map((value) => inspect(value)).join(' '))
         try { await import('./' + index + '/main.mjs') } catch (error) { log('threw', error.message) }
         await new Promise((resolve) => setImmediate(resolve))
       }
       process.stdout.write(JSON.stringify(printed))`,
    )
    const { stdout } = await run(process.execPath, ['--no-warnings', join(root, 'all.mjs')])
    native = JSON.parse(stdout)
  })

  test.each(Object.keys(moduleGraphs).map((name, index) => [name, index] as const))('%s', async (name, index) => {
    const lines: string[] = []
    globalThis.log = (...values) => void lines.push(values.map((value) => inspect(value)).join(' '))
    try {
      await loadModule(join(root, String(index), 'main.mjs'))
    } catch (error) {
      globalThis.log('threw', (error as Error).message)
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(lines).toEqual(native[name])
    expect(lines.length).toBeGreaterThan(0)
  })
})
