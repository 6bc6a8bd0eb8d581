// What can be read of a reload: before it the plan, after it the report, on the diagnostics channel too.
import { expect, it, onTestFinished } from 'vitest'
import { type ReloadMessage, type ReloadPlan, type ReloadReport, reloadChannel } from '../src/index.ts'
import { startFolder as start } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

function messages() {
  const plans: ReloadPlan[] = []
  const reports: ReloadReport[] = []
  const onMessage = (message: unknown) => {
    const told = message as ReloadMessage
    if ('plan' in told) plans.push(told.plan)
    else reports.push(told.report)
  }
  reloadChannel.subscribe(onMessage)
  onTestFinished(() => void reloadChannel.unsubscribe(onMessage))
  return { plans, reports }
}

const needs = (name: string, ...names: string[]) =>
  plugin(name, { dependencies: JSON.stringify(names), setup: '() => ({})' })

it('tells who is replaced, in which order, how, and why, dependents too', async () => {
  const { plans } = messages()
  const folder = await start({
    '_step.ts': 'export const step = 1',
    'counter.ts': plugin('counter', { setup: '() => ({ step })' }, "import { step } from './_step.ts'"),
    'b.ts': needs('b', 'a', 'counter'),
    'a.ts': needs('a', 'counter'),
    'c.ts': needs('c'),
  })
  const { plan } = await folder.reported(() => folder.save('_step.ts', 'export const step = 2'))
  expect(plan).toMatchObject({
    order: ['counter', 'a', 'b'],
    strategy: 'exclusive',
    reload: [{ plugin: 'counter', why: expect.stringMatching(/^it uses .*_step\.ts$/) }],
    dependents: [
      { plugin: 'a', why: 'it depends on counter' },
      { plugin: 'b', why: 'it depends on a, counter' },
    ],
    start: [],
    unload: [],
  })
  expect(plans).toEqual([plan])
})

it('tells the order in which they are replaced, whatever the order of the names', async () => {
  const folder = await start({ 'z.ts': needs('z'), 'a.ts': needs('a', 'z') }, { watch: false })
  const { plan } = await folder.reloader.reloadPlugins(['a', 'z'])
  expect(plan.order).toEqual(['z', 'a'])
  expect(plan.reload.map(({ plugin: who, why }) => [who, why])).toEqual([
    ['a', 'asked for'],
    ['z', 'asked for'],
  ])
  expect(plan.dependents).toEqual([])
})

it('leaves out who is at rest: what changed of it is taken up later', async () => {
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': needs('user', 'counter') })
  await folder.reloader.lifecycle.disable('user')
  const { plan, members } = await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(plan.order).toEqual(['counter'])
  expect(members).toEqual(['counter'])
})

it.each([
  ['all of its plugins want that', 'overlap', 'overlap'],
  ['one of them does not', 'exclusive', 'exclusive'],
])('overlaps where %s, and the report says so', async (_where, dependent, strategy) => {
  const overlapping = (name: string, wanted: string, ...names: string[]) =>
    plugin(name, {
      reload: `{ strategy: '${wanted}' }`,
      dependencies: JSON.stringify(names),
      setup: '() => ({})',
    })
  const folder = await start({ 'a.ts': overlapping('a', 'overlap'), 'b.ts': overlapping('b', dependent, 'a') })
  const report = await folder.reported(() => folder.save('a.ts', `${overlapping('a', 'overlap')}// new`))
  expect(report.plan.strategy).toBe(strategy)
  expect(report).toMatchObject({ outcome: 'committed', strategy, members: ['a', 'b'] })
})

it('tells what was kept, what was rolled back and why, and which phase was slow', async () => {
  const { reports } = messages()
  const folder = await start({ 'counter.ts': counter(1), 'user.ts': needs('user', 'counter') })
  const bad = counter(2, "throw new Error('no')").replace(
    '() => { throw',
    'async () => { await new Promise((r) => setTimeout(r, 150)); throw',
  )
  const report = await folder.reported(() => folder.save('counter.ts', bad))
  expect(report).toMatchObject({
    outcome: 'rolled-back',
    rolledBack: ['counter', 'user'],
    kept: ['counter'],
    error: { code: 'CFP_SETUP_FAILED', plugin: 'counter' },
    startedOver: [],
    slow: { phase: 'start' },
  })
  expect(report.slow?.durationMs).toBeGreaterThan(140)
  const phases = report.phases.map(({ phase }) => phase)
  expect(phases).toEqual(['settle', 'load', 'validate', 'gate', 'save', 'teardown', 'start', 'rollback', 'replay'])
  const sum = report.phases.slice(1).reduce((total, { durationMs }) => total + durationMs, 0)
  expect(sum).toBeLessThanOrEqual(report.durationMs)
  expect(reports).toEqual([report])
})

it('tells the time of the host, of what comes and of what goes', async () => {
  const folder = await start({ 'counter.ts': counter(1) }, { beforeReload: () => true })
  const came = await folder.reported(() => folder.save('other.ts', plugin('other')))
  expect(came.phases.map(({ phase }) => phase)).toEqual(['settle', 'plan', 'load', 'add'])
  expect(came).toMatchObject({ strategy: undefined, started: ['other'] })
  const went = await folder.reported(() => folder.remove('other.ts'))
  expect(went.phases.map(({ phase }) => phase)).toEqual(['settle', 'plan', 'unload'])
  expect(went.plan.unload).toEqual([{ plugin: 'other', why: expect.stringMatching(/other\.ts is gone$/) }])
})

it('tells of a slow host, which no phase of the transaction is to blame for', async () => {
  const folder = await start(
    { 'counter.ts': counter(1) },
    { beforeReload: () => new Promise((resolve) => setTimeout(resolve, 150)) },
  )
  const report = await folder.reported(() => folder.save('counter.ts', counter(2)))
  expect(report).toMatchObject({ outcome: 'committed', slow: { phase: 'plan' } })
})
