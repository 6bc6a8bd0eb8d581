// A reloader's own life: starts that fail, stops in the middle, and what is left open.
import { execFile } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { HotReloader } from '../src/index.ts'
import { type Counter, type PluginFolder, startFolder as start } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

const run = promisify(execFile)
const NODE = ['--conditions=@cf-plugins/source', '--import', 'tsx', '--input-type=module']

/** A promise that is open until it is told. */
function latch(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

async function inChild(program: string, ...args: string[]): Promise<string> {
  const source = `import { HotReloader } from '${join(import.meta.dirname, '../src/index.ts')}'\n${program}`
  const options = { cwd: join(import.meta.dirname, '..'), timeout: 20_000 }
  // Node 20 has no --input-type for TypeScript: the program is JavaScript.
  return (await run(process.execPath, [...NODE, '--eval', source, ...args], options)).stdout
}

it('leaves nothing open when the start fails', async () => {
  const told = await inChild(`
    const reloader = new HotReloader({ paths: ['no/such/folder'] })
    await reloader.start().catch((error) => console.log(error.code))
    await reloader.start().catch((error) => console.log(error.code))
  `)
  // The child exits by itself, or the call above times out.
  expect(told.trim().split('\n')).toEqual(['CFP_FOLDER_MISSING', 'CFP_RELOAD_STOPPED'])
})

it('leaves nothing open when the start is taken back, nor after a stop', async () => {
  const failing = plugin('vital', { onFailure: "'abort'", setup: "() => { throw new Error('no') }" })
  const folder = await start({ 'counter.ts': counter(1) })
  await folder.save('vital/_plugin.ts', failing)
  await folder.save('vital/plugin.ts', "export { default } from './_plugin.ts'")
  const told = await inChild(
    `
    const reloader = new HotReloader({ paths: [process.argv[1]] })
    await reloader.start().catch((error) => console.log(error.code))
    const other = new HotReloader({ paths: [process.argv[1]], load: { patterns: ['counter.ts'] } })
    console.log((await other.start()).active)
    await other.stop()
  `,
    folder.path,
  )
  expect(told).toContain('CFP_START_ABORTED')
  expect(told).toContain("[ 'counter' ]")
})

it('loads many plugins at once without a warning of the process', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const files = Array.from({ length: 30 }, (_, index) => [
    `p${index}.ts`,
    plugin(`p${index}`, {}, "import './_all.ts'"),
  ])
  const folder = await start({ ...Object.fromEntries(files), '_all.ts': 'export {}' })
  const { reloader } = folder
  expect((await folder.reported(() => folder.save('_all.ts', 'export const x = 1'))).members).toHaveLength(30)
  const other = new HotReloader({ paths: [folder.path], watch: false })
  await other.start({ signal: new AbortController().signal })
  await other.stop()
  await reloader.stop()
  expect(warnings).toEqual([])
})

it('refuses a second start', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  await expect(folder.reloader.start()).rejects.toMatchObject({ code: 'CFP_RELOAD_STARTED' })
  expect(folder.service<Counter>('counter').increment()).toBe(1)
})

it.each(['at once', 'while plugins are loaded', 'while plugins start'])(
  'can be stopped during its start, %s',
  async (when) => {
    const folder = await start(
      {
        'slow.mjs': `await new Promise((resolve) => { globalThis.cfLoading?.(); setTimeout(resolve, 60_000) })`,
        'setup.ts': plugin(
          'setup',
          { setup: '() => { globalThis.cfSetup?.(); return new Promise(() => {}) }' },
          'declare const globalThis: any',
        ),
      },
      { load: { patterns: ['none.ts'] } },
    )
    const seen = latch()
    const host = globalThis as { cfLoading?: () => void; cfSetup?: () => void }
    const patterns = [when === 'while plugins start' ? 'setup.ts' : 'slow.mjs']
    host.cfLoading = host.cfSetup = seen.open
    const reloader = new HotReloader({ paths: [folder.path], load: { patterns } })
    const starting = reloader.start()
    starting.catch(() => {})
    if (when !== 'at once') await seen.opened
    const from = performance.now()
    await reloader.stop()
    await expect(starting).rejects.toMatchObject({ code: 'CFP_RELOAD_STOPPED' })
    expect(performance.now() - from).toBeLessThan(4000)
    await expect(reloader.start()).rejects.toMatchObject({ code: 'CFP_RELOAD_STOPPED' })
  },
)

it('watches nothing and changes nothing after it has stopped', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const stopped = await folder.reloader.stop()
  expect(stopped.stopped).toEqual(['counter'])
  await folder.save('counter.ts', counter(10))
  await expect(folder.reloader.lifecycle.reload({ restart: ['counter'] })).rejects.toMatchObject({
    code: 'CFP_STOPPED',
  })
  expect(folder.reports).toEqual([])
})

it('refuses a reload after it has stopped, and a second stop is the first', async () => {
  const folder = await start({ 'counter.ts': counter(1) })
  const first = folder.reloader.stop()
  expect(await folder.reloader.stop()).toBe(await first)
  await expect(folder.reloader.reloadPlugin('counter')).rejects.toMatchObject({ code: 'CFP_RELOAD_STOPPED' })
})

/** A folder whose counter is about to be replaced by code that hangs in `where`. */
async function hanging(where: 'load' | 'setup'): Promise<{ folder: PluginFolder; reached: Promise<void> }> {
  const folder = await start({ 'counter.ts': counter(1) })
  const reached = latch()
  ;(globalThis as { cfReached?: () => void }).cfReached = reached.open
  const hang = '(globalThis as any).cfReached(); await new Promise(() => {})'
  await folder.save(
    'counter.ts',
    where === 'load' ? `${hang}\n${counter(2)}` : plugin('counter', { setup: `async () => { ${hang} }` }),
  )
  return { folder, reached: reached.opened }
}

it.each(['load', 'setup'] as const)('stops in the middle of a reload that hangs in %s (fault 78)', async (where) => {
  const { folder, reached } = await hanging(where)
  const next = join(folder.path, '.next.tmp')
  writeFileSync(next, counter(3))
  await reached
  // At once, or the reload may have begun anew by then.
  renameSync(next, join(folder.path, 'counter.ts'))
  const from = performance.now()
  const { hung } = await folder.reloader.stop()
  expect(performance.now() - from).toBeLessThan(4000)
  expect(hung).toEqual([])
  expect(folder.reports).toHaveLength(1)
  const [report] = folder.reports
  expect(report?.error?.code).toBe('CFP_RELOAD_STOPPED')
  expect(report?.problems).toHaveLength(1)
})

it('does not wait at its stop for hooks of the host, which may wait for it', async () => {
  const asked = latch()
  let stopped: Promise<unknown> | undefined
  const folder = await start(
    { 'counter.ts': counter(1) },
    {
      afterReload: async () => {
        stopped = folder.reloader.stop()
        asked.open()
        await stopped
      },
    },
  )
  await folder.save('counter.ts', counter(2))
  const from = performance.now()
  await asked.opened
  await stopped
  expect(performance.now() - from).toBeLessThan(4000)
})
