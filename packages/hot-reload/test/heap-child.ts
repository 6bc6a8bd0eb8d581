// Run by heap.test.ts with `--expose-gc`: reloads a plugin of 20 files many times, and tells what is left of it.
import { rmSync } from 'node:fs'
import { mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { HotReloader, type ReloadReport } from '../src/index.ts'
import { plugin } from './sources.ts'

const FILES = 20
const [, , countText = '2000', mix = 'good'] = process.argv
const reloads = Number(countText)
const collect = (globalThis as { gc?: () => void }).gc
if (!collect) throw new Error('run with --expose-gc')

const folder = await realpath(await mkdtemp(join(tmpdir(), 'cf-reload-heap-')))
const save = (name: string, text: string) => writeFile(join(folder, name), text)
const helper = (index: number, salt: string): string => {
  const isLast = index === FILES - 2
  return `${isLast ? '' : `import { value${index + 1} } from './_helper${index + 1}.ts'`}
const kept: number[] = new Array(1000).fill(${index})
export function value${index}(): number { return kept.length + ${isLast ? '0' : `value${index + 1}()`} }
// ${salt}
`
}
const state = '{ save: () => ({ count }), restore: (from: { count: number }) => { count = from.count } }'
const main = (setup: string) =>
  plugin(
    'main',
    {
      provides: "['main.extra']",
      state,
      setup: `({ app, on, every, after, provide, publish, own, signal, listen, hooks }) => {
    every(1000, () => value0())
    after(100_000, () => value0())
    on('tick', () => { count += 1 })
    on('user.*', () => value0())
    hooks.on('ask', () => value0())
    provide('main.extra', { value: value0 })
    own(() => value0())
    listen(process, 'cf-test', () => value0())
    signal.addEventListener('abort', () => value0(), { once: true })
    app.keep(signal)
    publish('started', { value0 })
    ${setup}
    return { value: value0, count: () => count }
  }`,
      teardown: '() => { value0() }',
    },
    "import { value0 } from './_helper0.ts'\nlet count = 0",
  )
for (let index = 0; index < FILES - 1; index++) await save(`_helper${index}.ts`, helper(index, 'first'))
await save('main.ts', main(''))
await save(
  'user.ts',
  plugin('user', {
    dependencies: "['main']",
    setup: `({ inject, on }) => { const main = inject('main') as { value(): number }; on('tick', () => main.value()); return { value: () => main.value() } }`,
  }),
)

// A host that never lets go of a signal holds no more than that.
const signals: AbortSignal[] = []
let given = 0
const keep = (signal: AbortSignal) => {
  if (given++ % 50 === 0) signals.push(signal)
}
const reloader = new HotReloader({
  app: { keep },
  paths: [folder],
  watch: false,
  load: { cacheFolder: false, env: {} },
})
const started = await reloader.start()
if (started.failed.length > 0) throw started.failed[0]?.error
const refs: WeakRef<object>[] = []
const outcomes: Record<string, number> = {}

async function reload(index: number): Promise<ReloadReport['outcome']> {
  const isMixed = mix === 'mixed'
  if (index % 10 === 0) await save(`_helper${FILES - 2}.ts`, helper(FILES - 2, `edit ${index}`))
  if (isMixed && index % 10 === 3) await save('_helper5.ts', `${helper(5, 'x')}\nthrow new Error('fails')`)
  if (isMixed && index % 10 === 5) await save('main.ts', main("throw new Error('no')"))
  if (isMixed && index % 10 === 7) await save('main.ts', 'export default {')
  const { outcome } = await reloader.reloadPlugin('main')
  // A tenth of them: the references weigh something too.
  if (index % 10 === 1) {
    refs.push(new WeakRef(reloader.lifecycle.instance('main') as object))
    refs.push(new WeakRef(reloader.lifecycle.service('main') as object))
  }
  if (isMixed && index % 10 === 3) await save('_helper5.ts', helper(5, 'x'))
  if (isMixed && [5, 7].includes(index % 10)) await save('main.ts', main(''))
  await reloader.lifecycle.events.emit('tick')
  return outcome
}

async function settledHeap(): Promise<number> {
  for (let round = 0; round < 6; round++) {
    collect?.()
    await turn()
  }
  return process.memoryUsage().heapUsed
}

// Until the engine has compiled what it will.
for (let index = 0; index < 500; index++) await reload(index)
const before = await settledHeap()
refs.length = 0
const from = performance.now()
for (let index = 0; index < reloads; index++) {
  const outcome = await reload(index)
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}
const elapsed = performance.now() - from
const made = refs.length
const after = await settledHeap()
const alive = refs.filter((ref) => ref.deref() !== undefined).length
const count = (reloader.lifecycle.service('main') as { count(): number }).count()
console.log(
  JSON.stringify({
    bytesPerReload: Math.round((after - before) / reloads),
    made,
    alive,
    outcomes,
    count,
    signals: signals.length,
    msPerReload: Number((elapsed / reloads).toFixed(2)),
    heapMb: Number((after / 2 ** 20).toFixed(1)),
  }),
)
await reloader.stop()
rmSync(folder, { recursive: true })
