// Run by heap.test.ts with `--expose-gc`: reloads a plugin many times, and tells what is left of it.
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { PluginLoader } from '../src/index.ts'

const FILES = 20
const [, , countText = '2000'] = process.argv
const loads = Number(countText)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with --expose-gc')

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cf-heap-')))
const helper = (index: number, salt: string): string => {
  const next =
    index + 1 < FILES - 1 ? `import { value${index + 1} } from './_helper${index + 1}.ts'` : 'const value = 0'
  const below = index + 1 < FILES - 1 ? `value${index + 1}()` : 'value'
  return `${next}
export interface Kept${index} { readonly big: number[] }
export const kept: Kept${index} = { big: new Array(1000).fill(${index}) }
export function value${index}(): number { return ${below} + kept.big.length }
// ${salt}
`
}
for (let index = 0; index < FILES - 1; index++)
  writeFileSync(join(folder, `_helper${index}.ts`), helper(index, 'first'))
writeFileSync(
  join(folder, 'main.ts'),
  `import { BasePlugin } from '@cf-plugins/plugin-api'
import { value0 } from './_helper0.ts'
class Main extends BasePlugin { value() { return value0() } }
export const PLUGIN_META = { name: 'main', version: '1.0.0' }
export const register = (app: never, context: never) => new Main(app, context)
`,
)

const loader = new PluginLoader({ paths: [folder], cacheFolder: false, env: {} })
const [found] = await loader.discover()
if (!found) throw new Error('nothing found')

let collected = 0
const registry = new FinalizationRegistry(() => collected++)
const refs: WeakRef<object>[] = []

async function loadOnce(turnNumber: number): Promise<void> {
  // One file in ten loads is new, and one load in ten fails.
  if (turnNumber % 10 === 0)
    writeFileSync(join(folder, `_helper${FILES - 2}.ts`), helper(FILES - 2, `edit ${turnNumber}`))
  if (turnNumber % 10 === 5) writeFileSync(join(folder, '_helper3.ts'), `${helper(3, 'x')}\nthrow new Error('fails')`)
  try {
    const record = await loader.load(found as NonNullable<typeof found>)
    if (loader.exportNameOf(record, record.register) !== 'register') throw new Error('it has no name')
    if (loader.imageOf(record).modules.size !== FILES) throw new Error('its image lacks a file')
    const instance = await record.register(undefined as never, {} as never)
    refs.push(new WeakRef(record.register), new WeakRef(instance))
    registry.register(record.register, undefined)
  } catch (error) {
    if (turnNumber % 10 !== 5) throw error
    writeFileSync(join(folder, '_helper3.ts'), helper(3, 'x'))
  }
}

async function settledHeap(): Promise<number> {
  for (let round = 0; round < 6; round++) {
    collect?.()
    await turn()
  }
  return process.memoryUsage().heapUsed
}

for (let index = 0; index < 300; index++) await loadOnce(index)
const before = await settledHeap()
const startedAt = performance.now()
for (let index = 0; index < loads; index++) {
  await loadOnce(index)
  if (index % 100 === 0) await turn()
}
const elapsed = performance.now() - startedAt
const aliveBefore = refs.length
const after = await settledHeap()
const alive = refs.filter((ref) => ref.deref() !== undefined).length
console.log(
  JSON.stringify({
    bytesPerLoad: Math.round((after - before) / loads),
    alive,
    made: aliveBefore,
    collected,
    msPerLoad: Number((elapsed / loads).toFixed(2)),
    heapMb: Number((after / 2 ** 20).toFixed(1)),
  }),
)
process.exit(0)
