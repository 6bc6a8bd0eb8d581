// Handlers that fail, and events that come at any time: each failure is its plugin's own, and no event is lost.
import type { PluginError } from '@cf-plugins/plugin-api'
import { expect, it, onTestFinished } from 'vitest'
import { plugin } from '../sources.ts'
import { counting, faultFolder } from './fault-folder.ts'

/** A `counter` that hears numbers, with hooks that take a while, so that some come in each of its phases. */
function hearing(step: number, setup = '', fields: Readonly<Record<string, string>> = {}): string {
  const wait = 'await new Promise((resolve) => setTimeout(resolve, 15))'
  const source = counting(
    step,
    `context.on('number', (number: number) => void host.heard.push(number)); ${wait}; ${setup}`,
    {
      teardown: `async () => { ${wait} }`,
      onReload: `async () => { ${wait} }`,
      ...fields,
    },
  )
  return `${wait}\n${source.replace('save: () =>', `save: async () => (${wait}, 1) &&`)}`
}

it('delivers what is sent in every phase once and in order, whatever becomes of the reload (fault 55)', async () => {
  const shared = { heard: [] as number[], setups: 0 }
  const folder = await faultFolder({ 'counter.ts': hearing(1) }, { shared })
  const { events } = folder.reloader.lifecycle
  let sent = 0
  const sending = setInterval(() => {
    if (sent % 2 === 0) events.publish('number', sent++)
    else void events.emit('number', sent++)
  }, 2)
  onTestFinished(() => clearInterval(sending))
  folder.counts()
  await folder.fault(() => folder.save('counter.ts', hearing(2, "throw new Error('in setup')")), {
    code: 'CFP_SETUP_FAILED',
    phase: 'setup',
    outcome: 'rolled-back',
  })
  await folder.heal(() => folder.save('counter.ts', `${hearing(1)}// good`))
  const overlap = { reload: "{ strategy: 'overlap' }" }
  await folder.heal(() => folder.save('counter.ts', hearing(1, '', overlap)))
  await folder.fault(
    () => folder.save('counter.ts', hearing(2, '', { ...overlap, onReload: "() => { throw new Error('in check') }" })),
    { code: 'CFP_RELOAD_HOOK_FAILED', phase: 'onReload', outcome: 'rolled-back' },
  )
  const last = await folder.heal(() => folder.save('counter.ts', `${hearing(1, '', overlap)}// good`))
  expect(last.strategy).toBe('overlap')
  clearInterval(sending)
  await expect.poll(() => shared.heard.length).toBe(sent)
  expect(shared.heard).toEqual(Array.from({ length: sent }, (_, number) => number))
  expect(sent).toBeGreaterThan(100)
})

it('says to whoever sends that the queue is full, and loses nothing that it took (fault 56)', async () => {
  const shared = { heard: [] as number[], setUp: () => {}, go: Promise.resolve() }
  const refused: PluginError[] = []
  const quiet = () => {}
  const error = ({ err }: { err?: PluginError }) => void (err?.code === 'CFP_PLUGIN_BUSY' && refused.push(err))
  const logger = { debug: quiet, info: quiet, warn: quiet, error: error as never }
  const hear = "context.on('number', (number: number) => void host.heard.push(number))"
  const folder = await faultFolder({ 'counter.ts': counting(1, hear) }, { shared, logger })
  const { lifecycle } = folder.reloader
  let release = () => {}
  shared.go = new Promise<void>((resolve) => {
    release = resolve
  })
  const reached = new Promise<void>((resolve) => {
    shared.setUp = resolve
  })
  const healed = folder.heal(() => folder.save('counter.ts', counting(1, `${hear}; host.setUp(); await host.go`)))
  await reached
  for (let number = 0; number < 1005; number++) lifecycle.events.publish('number', number)
  await expect(lifecycle.use('counter', () => {})).rejects.toMatchObject({ code: 'CFP_PLUGIN_BUSY', plugin: 'counter' })
  const waiting = lifecycle.events.emit('number', 2000)
  await expect.poll(() => refused.length).toBe(5)
  release()
  await healed
  expect(await waiting).toMatchObject({ failures: [] })
  expect(shared.heard).toEqual([...Array.from({ length: 1000 }, (_, number) => number), 2000])
})

it.each([
  ['by an event', "context.emit('inner', [])"],
  ['by a hook', "context.hooks.call('inner')"],
])(
  'lets a plugin call itself %s while it is waited for, and goes on when that is over (fault 58)',
  async (_how, call) => {
    const shared = { called: () => {}, go: Promise.resolve(), answers: [] as unknown[] }
    const handlers = `
    context.on('inner', () => void host.answers.push('inner'))
    context.hooks.on('inner', () => void host.answers.push('inner'))
    context.on('outer', async () => { host.called(); await host.go; await ${call}; host.answers.push('outer') })`
    const folder = await faultFolder({ 'counter.ts': counting(1, handlers) }, { shared })
    let release = () => {}
    shared.go = new Promise<void>((resolve) => {
      release = resolve
    })
    const reached = new Promise<void>((resolve) => {
      shared.called = resolve
    })
    const { lifecycle } = folder.reloader
    const outer = lifecycle.events.emit('outer')
    await reached
    const healed = folder.heal()
    await expect.poll(() => lifecycle.status('counter').state).toBe('gating')
    release()
    expect(await outer).toMatchObject({ failures: [] })
    await healed
    expect(shared.answers).toEqual(['inner', 'outer'])
  },
)

it('answers an emit from teardown with an error of its own, and goes on (fault 59)', async () => {
  const shared = { heard: [] as string[] }
  const folder = await faultFolder({}, { shared })
  folder.reloader.lifecycle.events.on('farewell', () => void shared.heard.push('farewell'))
  const source = counting(1, 'ending = () => context.emit("farewell")', { teardown: '() => ending()' })
  await folder.reported(() =>
    folder.save(
      'counter.ts',
      source.replace('let count = 0', 'let count = 0\nlet ending = async (): Promise<unknown> => {}'),
    ),
  )
  const { generation } = folder.reloader.lifecycle.status('counter')
  const { problems } = await folder.heal()
  expect(problems).toHaveLength(1)
  folder.tells(problems[0], { code: 'CFP_EMIT_IN_TEARDOWN', phase: 'teardown', in: 'old' }, generation)
  expect(shared.heard).toEqual([])
})

it('keeps a handler that throws, rejects or hangs from hurting another, and names it (fault 57)', async () => {
  const shared = { heard: [] as string[] }
  const bad = (name: string, handler: string) =>
    plugin(name, { setup: `({ on }) => { on('tick', ${handler}, { timeoutMs: 100 }); return {} }` })
  const folder = await faultFolder(
    {
      'a-throws.ts': bad('a-throws', "() => {\n throw new Error('thrown') }"),
      'b-rejects.ts': bad('b-rejects', "async () => {\n await null; throw new Error('rejected') }"),
      'c-hangs.ts': bad('c-hangs', '() => new Promise(() => {})'),
      'counter.ts': counting(1, "context.on('tick', (word: string) => void host.heard.push(word))"),
    },
    { shared },
  )
  const { lifecycle } = folder.reloader
  const from = performance.now()
  const { failures } = await lifecycle.events.emit('tick', 'one')
  expect(performance.now() - from).toBeLessThan(2000)
  expect(shared.heard).toEqual(['one'])
  const told = failures.map(({ plugin: name, error }) => [name, (error as Error).message])
  expect(told.sort()).toEqual([
    ['a-throws', 'thrown'],
    ['b-rejects', 'rejected'],
    ['c-hangs', expect.stringContaining('within 100 ms')],
  ])
  const stackOf = (name: string) =>
    (failures.find((failure) => failure.plugin === name)?.error as Error | undefined)?.stack
  expect(stackOf('a-throws')).toMatch(/a-throws\.ts:7/)
  expect(stackOf('b-rejects')).toMatch(/b-rejects\.ts:7/)
  const late = failures.find((failure) => failure.plugin === 'c-hangs')?.error as PluginError
  folder.tells(late, { code: 'CFP_HANDLER_TIMEOUT', plugin: 'c-hangs', phase: 'handler', in: 'old' })
  for (const name of ['a-throws', 'b-rejects', 'c-hangs']) expect(lifecycle.status(name).state).toBe('active')
  await folder.untouched()
  for (const name of ['a-throws', 'b-rejects', 'c-hangs']) {
    await folder.heal(() => folder.save(`${name}.ts`, bad(name, `(word: string) => word`)))
  }
  expect(await lifecycle.events.emit('tick', 'two')).toMatchObject({ failures: [] })
})
