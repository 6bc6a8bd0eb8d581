// Signals in the middle of everything: a host ends once, in time, with its plugins torn down and their state kept.
import { describe, expect, test } from 'vitest'
import { jsonLines, place } from './support/cf.ts'
import { pluginSource } from './support/sources.ts'

/** How long the plugin stays in the phase in which the signal comes, in milliseconds. */
const STAY_MS = 400

/** The phases of a reload that code of a plugin can be seen in; the old code is in it, or the new. */
const PHASES = [
  ['settle', 'file change detected'],
  ['load', 'new in load'],
  ['drain', 'counter is gating'],
  ['save', 'old in save'],
  ['teardown', 'old in teardown'],
  ['register', 'new in register'],
  ['setup', 'new in setup'],
  ['restore', 'new in restore'],
  ['onReload', 'new in onReload'],
  ['health', 'new in health'],
  ['replay', 'new in replay'],
  ['rollback', 'old in rollback'],
] as const

type Phase = (typeof PHASES)[number][0]

/** Counts to itself once, and stays in one phase of a reload. \`old\` is replaced by \`new\`. */
function counter(which: 'old' | 'new', phase: Phase | 'none', strategy: 'exclusive' | 'overlap'): string {
  const isOld = which === 'old'
  const stay = (at: Phase) =>
    phase === at ? `console.log('${which} in ${at}'); await new Promise((r) => setTimeout(r, ${STAY_MS}))` : ''
  return `import { BasePlugin } from '@cf-plugins/plugin-api'
import { channel } from 'node:diagnostics_channel'
${isOld ? '' : stay('load')}
export const PLUGIN_META = { name: 'counter', version: '1.0.0', reload: { strategy: '${strategy}' } }
export async function register(app: unknown, context: never) {
  ${isOld ? '' : stay('register')}
  return new Counter(app, context)
}
class Counter extends BasePlugin {
  count = 0
  async setup() {
    console.log('${which} set up')
    this.app.command('counter').action(() => { console.log('count is', ++this.count) })
    ${isOld && phase !== 'none' ? "if (this.context.reason === 'start') this.context.after(1, () => { this.count++; console.log('counted') })" : ''}
    this.context.on('work', async () => {
      ${phase === 'drain' ? `await new Promise((r) => setTimeout(r, ${STAY_MS}))` : ''}
      ${isOld ? '' : stay('replay')}
    })
    const states = channel('cf-plugins:state')
    const tell = ({ plugin, to }) => { if (plugin === 'counter') console.log('counter is', to) }
    states.subscribe(tell)
    this.context.own(() => states.unsubscribe(tell))
    ${isOld ? `if (this.context.reason === 'rollback') { ${stay('rollback')} }` : stay('setup')}
    ${!isOld && phase === 'rollback' ? "throw new Error('not this one')" : ''}
  }
  async getReloadState() { ${isOld ? stay('save') : ''}; return { count: this.count } }
  async setReloadState(state) { this.count = state.count; ${isOld ? '' : stay('restore')} }
  async onReload() { ${isOld ? '' : stay('onReload')} }
  async health() { ${isOld ? '' : stay('health')}; return { status: 'healthy' } }
  async teardown() { console.log('${which} torn down'); ${isOld ? stay('teardown') : ''} }
}
`
}

/** Sends something to do all the time. */
const worker = pluginSource('worker', {
  body: "setup() { this.context.every(20, () => this.context.publish('work')) }",
})

const times = (text: string, what: string) => text.split(what).length - 1

/** Sends a signal in a phase of a reload, and looks at what is left of the host. */
async function endIn(phase: Phase, sign: string, strategy: 'exclusive' | 'overlap'): Promise<void> {
  const source = counter('old', phase, strategy)
  const here = await place({ 'plugins/counter.ts': counter('old', 'none', strategy) })
  expect(await here.cf('counter')).toMatchObject({ code: 0 })
  await here.save('plugins/counter.ts', source)
  await here.save('plugins/worker.ts', worker)
  const host = here.start('run', 'plugins', '--watch', '--log-level', 'info')
  await host.until('counted')
  await host.until('2 active')
  await here.save('plugins/counter.ts', counter('new', phase, strategy))
  await host.until(sign)
  const from = performance.now()
  host.child.kill('SIGTERM')
  const { code, signal, stdout, stderr } = await host.ended
  expect({ code, signal, stderr }).toMatchObject({ code: 0, signal: null })
  expect(performance.now() - from).toBeLessThan(10_000)
  // Of what was given up nothing is told; what was wrong with the new code is.
  const told = stderr.split('\n').filter((line) => line.startsWith('error'))
  expect(told).toEqual(phase === 'rollback' ? [expect.stringContaining('not this one')] : [])
  // Whatever was set up was torn down, once each.
  for (const which of ['old', 'new']) expect(times(stdout, `${which} torn down`)).toBe(times(stdout, `${which} set up`))
  // What was counted before the reload was kept, and counts on.
  await here.remove('plugins/worker.ts')
  await here.save('plugins/counter.ts', counter('old', 'none', strategy))
  expect((await here.cf('counter')).stdout).toContain('count is 3\n')
}

describe('SIGTERM in the middle of a reload', () => {
  test.each(PHASES)('(%s) ends the host well, and the next process counts on (fault 78)', async (phase, sign) => {
    await endIn(phase, sign, 'exclusive')
  })

  // Those that come in another order there: the new code starts before the old one is gated, and torn down after it.
  const overlapping = PHASES.filter(([phase]) => ['drain', 'setup', 'restore', 'teardown', 'replay'].includes(phase))

  test.each(overlapping)('that overlaps (%s) ends it well too (fault 78)', async (phase, sign) => {
    await endIn(phase, sign, 'overlap')
  })
})

describe('a second signal', () => {
  const hanging = (hook: string) =>
    pluginSource('ender', {
      meta: 'timeouts: { teardownMs: 60_000, setupMs: 60_000, saveMs: 60_000, restoreMs: 60_000 }',
      body: `setup() { this.app.command('wait').action(() => new Promise(() => { console.log('waiting'); setInterval(() => {}, 1000) })) }
      async ${hook}() { console.log('in ${hook}'); await new Promise(() => {}) }`,
    })

  test.each([
    ['teardown', 'SIGTERM', 'SIGTERM', 143],
    ['teardown', 'SIGINT', 'SIGINT', 130],
    ['getReloadState', 'SIGTERM', 'SIGINT', 130],
  ] as const)('while %s hangs forces the exit: %s, then %s (fault 79)', async (hook, first, second, code) => {
    const here = await place({ 'plugins/ender.ts': hanging(hook) })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    host.child.kill(first)
    await host.until(`in ${hook}`)
    host.child.kill(second)
    expect(await host.ended).toMatchObject({ code, signal: null })
  })

  test('forces the exit of a host whose start hangs (fault 79)', async () => {
    const here = await place({
      'plugins/a.ts': hanging('teardown').replace('setup() {', "async setup() { console.log('in setup');"),
      'plugins/b.ts': pluginSource('b', { body: 'async setup() { await new Promise(() => {}) }' }),
    })
    const host = here.start('run', 'plugins')
    await host.until('in setup')
    host.child.kill('SIGTERM')
    await host.until('in teardown')
    host.child.kill('SIGTERM')
    expect(await host.ended).toMatchObject({ code: 143, signal: null })
  })

  test('forces the exit of a plugin’s command whose plugin hangs in its teardown (fault 79)', async () => {
    const here = await place({ 'plugins/ender.ts': hanging('teardown') })
    const running = here.start('wait')
    await running.until('waiting')
    running.child.kill('SIGINT')
    await running.until('in teardown')
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 130, signal: null })
  })
})

describe('plugins that do not end', () => {
  const hung = (name: string, more = '') =>
    pluginSource(name, {
      meta: `timeouts: { teardownMs: 200 }, ${more}`,
      body: 'setup() {}; async teardown() { await new Promise(() => {}) }',
    })
  const files = {
    'plugins/store.ts': hung('store'),
    'plugins/site.ts': hung('site', "dependencies: ['store']"),
    'plugins/well.ts': pluginSource('well', {
      meta: "dependencies: ['store']",
      body: "teardown() { console.log('well ended') }",
    }),
  }

  test('are all named by the host, whose exit code is 1; the others end (fault 80)', async () => {
    const here = await place(files)
    const host = here.start('run', 'plugins')
    await host.until('3 active')
    host.child.kill('SIGTERM')
    const { code, stdout, stderr } = await host.ended
    expect([code, stdout]).toEqual([1, expect.stringContaining('well ended')])
    expect(stderr).toMatch(/^error CFP_CLI_HUNG: Plugins "site", "store" did not end\. Mend teardown\(\)/m)
  })

  test('are given the time of --stop-timeout, and no more (fault 80)', async () => {
    const slow = pluginSource('slow', {
      meta: 'timeouts: { teardownMs: 60_000 }',
      body: 'setup() {}; async teardown() { await new Promise(() => {}) }',
    })
    const here = await place({ 'plugins/slow.ts': slow })
    const host = here.start('run', 'plugins', '--stop-timeout', '1')
    await host.until('1 active')
    const from = performance.now()
    host.child.kill('SIGTERM')
    expect(await host.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('CFP_CLI_HUNG: Plugin "slow"') })
    expect(performance.now() - from).toBeLessThan(10_000)
  })

  test.each([
    [
      'its teardown',
      "teardown() { console.log('blocked'); while (true) {} }",
      /^error CFP_CLI_HUNG: Plugin "loop" did not give the thread back in teardown\(\)/m,
    ],
    [
      'its state',
      "getReloadState() { console.log('blocked'); while (true) {} }",
      /^error CFP_CLI_HUNG: Code of a plugin did not give the thread back,/m,
    ],
  ])('because %s blocks the thread for ever end with the process, which says so (fault 80)', async (_, body, told) => {
    const here = await place({ 'plugins/loop.ts': pluginSource('loop', { body }), 'plugins/a.ts': pluginSource('a') })
    const host = here.start('run', 'plugins', '--stop-timeout', '1')
    await host.until('2 active')
    host.child.kill('SIGTERM')
    await host.until('blocked')
    expect(await host.ended).toMatchObject({ code: null, signal: 'SIGKILL', stderr: expect.stringMatching(told) })
  })

  test('are told as data with --json (fault 80)', async () => {
    const here = await place(files)
    const host = here.start('run', 'plugins', '--json')
    await host.until('"event":"started"')
    host.child.kill('SIGTERM')
    const { code, stdout } = await host.ended
    expect(code).toBe(1)
    expect(jsonLines(stdout.replace('well ended\n', '')).slice(1)).toMatchObject([
      { event: 'hung', error: { code: 'CFP_CLI_HUNG' } },
      { event: 'stopped', stopped: ['well'], hung: ['site', 'store'] },
    ])
  })

  test('are named after a plugin’s command, whose exit code is 1 (fault 80)', async () => {
    const here = await place({
      ...files,
      'plugins/done.ts': pluginSource('done', { body: "setup() { this.app.command('done').action(() => {}) }" }),
    })
    expect(await here.cf('done')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error CFP_CLI_HUNG: Plugins "site", "store" did not end/m),
    })
  })
})
