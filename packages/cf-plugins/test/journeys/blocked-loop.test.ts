// A plugin blocks the event loop; the log says which line moves it into a thread; the line is written, and it blocks nobody any more.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Logger } from '@cf-plugins/plugin-api'
import { expect, it, onTestFinished } from 'vitest'
import { PluginFolder } from './plugin-folder.ts'

const BLOCK = `
export function outline(ms: number): number {
  const until = performance.now() + ms
  while (performance.now() < until);
  return ms
}`

/** A plugin whose handler is exported: \`options\` are that handler's. */
const exporting = (options = '') => `import type { PluginContext } from '@cf-plugins/plugin-api'
${BLOCK}
export const PLUGIN_META = { name: 'parser', version: '1.0.0' }
export function register(_app: unknown, { hooks }: PluginContext) {
  hooks.on('outline', outline${options})
  return {}
}`

/** A plugin whose handler sees what only it can see. */
const closing = (meta = '') => `import type { PluginContext } from '@cf-plugins/plugin-api'
${BLOCK}
export const PLUGIN_META = { name: 'parser', version: '1.0.0'${meta} }
export function register(_app: unknown, { hooks, generation }: PluginContext) {
  hooks.on('outline', (ms: number) => outline(generation > 0 ? ms : 0))
  return {}
}`

/** A logger that keeps its warnings. */
function warnings(): { readonly told: string[]; readonly logger: Logger } {
  const told: string[] = []
  const warn = (first: unknown, message?: string) => void told.push(String(message ?? first))
  const nothing = () => undefined
  return { told, logger: { debug: nothing, info: nothing, error: warn, warn } as Logger }
}

/** The longest that the loop of the host was late meanwhile, in milliseconds. */
async function latest(during: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await during()
  await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(timer)
  return longest
}

it.each([
  [
    'an option of the handler that its file exports',
    exporting(),
    '{ offload: true } in the options of that handler',
    exporting(', { offload: true }'),
  ],
  [
    'execution in the metadata, where the handler is no export',
    closing(),
    "execution: 'worker' in PLUGIN_META",
    closing(", execution: 'worker'"),
  ],
])('the line is %s', async (_what, before, line, after) => {
  const folder = await PluginFolder.make({ 'parser.ts': before })
  const { told, logger } = warnings()
  const blocks: object[] = []
  const note = (message: unknown) => void blocks.push(message as object)
  subscribe('cf-plugins:blocked', note)
  onTestFinished(() => void unsubscribe('cf-plugins:blocked', note))
  const { manager, report } = await folder.started({ logger })
  expect(report.failed).toEqual([])

  expect(await latest(() => manager.hooks.call('outline', 300))).toBeGreaterThan(290)
  const [warning = ''] = told.filter((each) => each.includes('"outline"'))
  expect(warning).toMatch(
    /^Plugin "parser" blocked the event loop for \d{3,} ms in its handler of "outline" \(.*parser\.ts\): nothing else ran meanwhile\. Write /,
  )
  expect(warning).toContain(`Write ${line}, and it runs in a thread.`)
  const own = { plugin: 'parser', kind: 'hook', name: 'outline' }
  expect(blocks).toContainEqual(
    expect.objectContaining({ ...own, host: manager.lifecycle.id, generation: 1, blockedMs: expect.any(Number) }),
  )
  const { plugins } = await manager.health()
  expect(plugins.parser?.blocked).toMatchObject({ count: 1 })

  await folder.save('parser.ts', after)
  expect((await manager.reload('parser')).outcome).toBe('committed')
  // A thread that starts takes its time once.
  expect(await manager.hooks.call('outline', 1)).toEqual([1])
  blocks.length = 0
  expect(await latest(() => manager.hooks.call('outline', 300))).toBeLessThan(290)
  expect(blocks.filter((block) => (block as typeof own).name === 'outline')).toEqual([])
})
