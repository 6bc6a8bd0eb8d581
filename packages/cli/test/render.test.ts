// What is shown, as it is shown.
import { join } from 'node:path'
import { definePlugin, type PluginError } from '@cf-plugins/plugin-api'
import { PluginManager, type ReloadReport, type StartReport } from 'cf-plugins'
import { expect, test } from 'vitest'
import {
  createTheme,
  type GraphView,
  graphOf,
  hostMethods,
  humanLogger,
  type PluginView,
  plainReload,
  plainStart,
  renderDot,
  renderError,
  renderPlan,
  renderReload,
  renderTimeline,
  renderTree,
  textOf,
} from '../src/index.ts'
import { Progress } from '../src/progress.ts'

const plain = createTheme({ write() {} }, {})

const view = (name: string, dependencies: string[] = [], state = 'active'): PluginView => ({
  name,
  version: '1.0.0',
  state,
  generation: 1,
  zombies: 0,
  orphaned: false,
  description: '',
  execution: 'inline',
  dependencies,
  file: null,
  error: null,
})

test('a tree says who runs in a thread, whose file is gone, and whose old code still runs', () => {
  const plugins: GraphView = [
    { ...view('store'), orphaned: true, zombies: 1 },
    { ...view('cache'), zombies: 2 },
    { ...view('parser'), execution: 'worker' },
    { ...view('painter'), execution: 'worker', zombies: 1 },
  ]
  expect(renderTree(plugins, plain)).toBe(
    [
      '● store 1.0.0 active (orphaned, 1 zombie)',
      '● cache 1.0.0 active (2 zombies)',
      '● parser 1.0.0 active (thread)',
      '● painter 1.0.0 active (thread, 1 zombie)',
      '',
    ].join('\n'),
  )
})

const failure = { code: 'CFP_X', message: 'it broke' } as PluginError

test('a tree draws what a plugin needs under it, shared parts once, and circles too', () => {
  const plugins: GraphView = [
    view('store'),
    view('cache', ['store']),
    view('site', ['cache', 'store']),
    view('admin', ['cache'], 'failed'),
  ]
  expect(renderTree(plugins, plain)).toBe(
    [
      '● site 1.0.0',
      '├─ ● cache 1.0.0',
      '│  └─ ● store 1.0.0',
      '└─ ● store 1.0.0',
      '✖ admin 1.0.0 failed',
      '└─ ● cache 1.0.0 (see above)',
      '',
    ].join('\n'),
  )
  expect(renderTree([view('a', ['b'], 'blocked'), view('b', ['a'], 'blocked')], plain)).toBe(
    '◌ a 1.0.0 blocked\n└─ ◌ b 1.0.0 blocked\n   └─ ◌ a 1.0.0 blocked (see above)\n',
  )
})

test("Graphviz' language takes any name", () => {
  expect(renderDot([view('a"b\\c', ['d'], 'failed')])).toBe(
    'digraph plugins {\n  "a\\"b\\\\c" [label="a\\"b\\\\c 1.0.0", style=dashed]\n  "a\\"b\\\\c" -> "d"\n}\n',
  )
})

const start: StartReport = {
  active: ['store'],
  failed: [{ plugin: 'site', state: 'failed', error: failure }],
  disabled: ['off'],
  problems: [],
  durationMs: 100,
  timeline: [
    {
      plugin: 'store',
      startedMs: 0,
      endedMs: 50,
      registerMs: 25,
      setupMs: 25,
      waitedFor: undefined,
      outcome: 'active',
    },
    { plugin: 'site', startedMs: 50, endedMs: 100, registerMs: 0, setupMs: 50, waitedFor: 'store', outcome: 'failed' },
  ],
}

test('a timeline shows waiting, register and setup to scale, and fits its width', () => {
  const lines = renderTimeline(start, { width: 53, theme: plain }).split('\n')
  expect(lines).toEqual([
    '  store ▒▒▒▒▒█████ 50 ms',
    '  site  ··········██████████ 50 ms failed after store',
    '  1 active, 1 not, 1 disabled in 100 ms',
    '  site is failed: it broke CFP_X',
    '  off is disabled',
    '',
  ])
  expect(renderTimeline(start, { theme: plain, reasons: false })).not.toContain('it broke')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(53)
})

test('a start with nothing in it is shown', () => {
  const nothing: StartReport = { active: [], failed: [], disabled: [], problems: [], timeline: [], durationMs: 0 }
  expect(renderTimeline(nothing, { theme: plain })).toBe('  0 active in 0.0 ms\n')
})

const reload: ReloadReport = {
  outcome: 'committed',
  plan: {
    changes: [],
    reload: [{ plugin: 'a', found: undefined, why: 'a.ts changed' }],
    start: [],
    unload: [],
    dependents: [{ plugin: 'b', why: 'it depends on a' }],
    order: ['a', 'b'],
    strategy: 'exclusive',
    passedOver: [],
  },
  strategy: 'exclusive',
  startedOver: [],
  rolledBack: [],
  slow: undefined,
  members: ['a', 'b'],
  started: [],
  unloaded: [],
  kept: ['a'],
  phases: [{ phase: 'load', durationMs: 12 }],
  durationMs: 1234,
  problems: [],
  instances: new Map(),
}

test('a plan is told in a line each: who in which order and why, who comes and who goes', () => {
  const found = { file: join(process.cwd(), 'plugins/new.ts'), root: '', base: '' }
  const start = [{ found, why: 'plugins/new.ts is new' }]
  const unload = [{ plugin: 'old', why: 'plugins/old.ts is gone' }]
  expect(renderPlan({ ...reload.plan, strategy: 'overlap', start, unload }, { theme: plain }).split('\n')).toEqual([
    'reloading a, b, old beside new: a.ts changed',
    'loading plugins/new.ts: plugins/new.ts is new',
    'unloading old: plugins/old.ts is gone',
    '',
  ])
  expect(renderPlan({ ...reload.plan, reload: [], dependents: [], order: [] }, { theme: plain })).toBe('')
})

test('a reload is told in a line: who, how long, what was kept or what serves instead', () => {
  const shown = (change: Partial<ReloadReport>, options = {}) =>
    renderReload({ ...reload, ...change }, { theme: plain, ...options })
  const failed = { error: failure, problems: [failure] }
  expect(shown({})).toBe('reloaded a, b in 1.2 s, state of a kept\n')
  expect(
    shown({ startedOver: ['a changed again'] }, { verbose: true })
      .split('\n')
      .slice(1),
  ).toEqual([
    '  plan      a, b (exclusive)',
    '  a         a.ts changed',
    '  b         it depends on a',
    '  again     a changed again',
    '  load      12 ms',
    '',
  ])
  expect(shown({ outcome: 'kept', members: [], ...failed })).toBe(
    'not reloaded a in 1.2 s: the old code serves on\n  it broke CFP_X\n',
  )
  expect(shown({ outcome: 'rolled-back', ...failed }, { reasons: false })).toBe(
    'rolled back a, b in 1.2 s: the old code serves again, with its state\n',
  )
  expect(shown({ outcome: 'failed', ...failed }, { reasons: false })).toBe('failed a, b in 1.2 s\n')
  expect(shown({ members: [], started: ['c'], unloaded: ['d'], durationMs: 3 })).toBe(
    'started c in 3.0 ms\nunloaded d, state kept\n',
  )
  expect(shown({ outcome: 'nothing' })).toBe('')
})

test('what goes over the socket is shown as what it was made from', () => {
  const failed = { ...reload, outcome: 'kept', error: failure, problems: [failure] } as const
  const travelled = JSON.parse(JSON.stringify(plainReload(failed)))
  expect(renderReload(travelled, { theme: plain })).toBe(renderReload(failed, { theme: plain }))
  expect(JSON.parse(JSON.stringify(plainStart(start)))).toMatchObject({ failed: [{ error: { code: 'CFP_X' } }] })
})

test('colours are for terminals, unless the environment says otherwise', () => {
  const isColoured = (isTTY: boolean, env: NodeJS.ProcessEnv) =>
    createTheme({ isTTY, write() {} }, env).bad('x') !== 'x'
  expect(isColoured(true, {})).toBe(true)
  expect(isColoured(false, {})).toBe(false)
  expect(isColoured(true, { NO_COLOR: '1' })).toBe(false)
  expect(isColoured(true, { TERM: 'dumb' })).toBe(false)
  expect(isColoured(false, { FORCE_COLOR: '1' })).toBe(true)
  expect(isColoured(false, { FORCE_COLOR: '0' })).toBe(false)
})

test('an error is its code, its message and its place, which is not told twice', () => {
  const error = (message: string) => ({ code: 'CFP_X', message, file: '/p/a.ts', line: 3, column: 4 }) as PluginError
  expect(renderError(error('no'), { theme: plain })).toBe('error CFP_X: no\n  at /p/a.ts:3:4\n')
  expect(renderError(error('no (/p/a.ts:3:4)'), { theme: plain })).toBe('error CFP_X: no (/p/a.ts:3:4)\n')
})

test('a log entry is one line, from its level on, with its plugin', () => {
  const lines: string[] = []
  const told = new Error('told')
  const logger = humanLogger({
    stream: { write: (text: string) => lines.push(text) },
    level: 'info',
    theme: plain,
    isTold: (error) => error === told,
  })
  logger.debug('not shown')
  logger.info('two\n  lines')
  logger.child?.({ plugin: 'a' }).warn({ err: new Error('x') }, 'careful')
  logger.error({ err: told }, 'not shown either')
  expect(lines).toEqual(['info  two lines\n', 'warn  [a] careful\n'])
})

test("a host's answers are plain data, and parameters are checked", async () => {
  await using manager = new PluginManager({ autoLoad: false })
  await manager.add(definePlugin({ name: 'a', version: '1.0.0' }))
  const report = await manager.start()
  const methods = hostMethods(manager, { report: () => report })
  const answer = async (method: string, params = {}) => JSON.parse(JSON.stringify(await methods[method]?.(params)))
  expect(await answer('list')).toEqual(JSON.parse(JSON.stringify(graphOf(manager))))
  expect(await answer('report')).toMatchObject({ active: ['a'] })
  expect(await answer('explain', { plugin: 'a' })).toMatchObject({
    plugin: 'a',
    state: 'active',
    rootCause: { error: null },
  })
  expect(await answer('reload', { plugins: ['a'] })).toMatchObject({ outcome: 'committed', error: null })
  expect(await answer('disable', { plugin: 'a' })).toEqual({ plugin: 'a', state: 'disabled' })
  for (const plugins of [undefined, [], 'a', [7]])
    await expect(answer('reload', { plugins })).rejects.toMatchObject({ code: 'CFP_CLI_REQUEST' })
  expect(() => textOf({ plugin: 7 }, 'plugin')).toThrow(expect.objectContaining({ code: 'CFP_CLI_REQUEST' }))
})

test('the progress line tells what is starting, makes room for other output, and is erased', async () => {
  const written: string[] = []
  await using manager = new PluginManager({ autoLoad: false })
  let drawn = () => {}
  const seen = new Promise<void>((resolve) => {
    drawn = resolve
  })
  const stream = {
    isTTY: true,
    columns: 40,
    write: (text: string) => {
      written.push(text)
      if (text.includes('slow')) drawn()
    },
  }
  await manager.add(definePlugin({ name: 'quick', version: '1.0.0' }))
  await manager.add(definePlugin({ name: 'slow', version: '1.0.0', setup: () => seen }))
  const progress = new Progress(manager, { stream, theme: plain })
  const started = manager.start()
  await seen
  progress.around.write('a log line\n')
  await started
  progress[Symbol.dispose]()
  const line = written.find((text) => text.includes('slow'))
  expect(line).toMatch(/^starting 1\/2: slow \(\d.*\)$/)
  expect(written.at(written.indexOf('a log line\n') - 1)).toBe('\r\u001B[2K')
  expect(Math.max(...written.map((text) => text.length))).toBeLessThan(40)
})

test('there is no progress line where there is no terminal', async () => {
  const written: string[] = []
  await using manager = new PluginManager({ autoLoad: false })
  const progress = new Progress(manager, { stream: { write: (text: string) => written.push(text) }, theme: plain })
  await manager.add(
    definePlugin({
      name: 'slow',
      version: '1.0.0',
      setup: () => new Promise<void>((resolve) => setTimeout(resolve, 200)),
    }),
  )
  await manager.start()
  progress[Symbol.dispose]()
  expect(written).toEqual([])
})
