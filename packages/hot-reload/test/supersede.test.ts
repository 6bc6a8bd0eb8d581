// A change that comes while the one before it is dealt with: before the calls are held back the reload starts over with
// it, from then on the reload ends first; the last saved content wins in any case.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { HotReloaderOptions } from '../src/index.ts'
import { type Counter, type PluginFolder, startFolder as start, states } from './plugin-folder.ts'
import { plugin } from './sources.ts'

type At = (phase: string, step: number) => unknown

/** A counter, by `step`, that tells the host where it is, and waits there for the answer. */
function telling(step: number, fields: Readonly<Record<string, string>> = {}): string {
  const at = (phase: string) => `await (globalThis as any).cfAt?.('${phase}', ${step})`
  return plugin(
    'counter',
    {
      state: `{ version: 0, save: async () => { ${at('save')}; return { count } }, restore: async (state: { count: number }) => { ${at('restore')}; count = state.count } }`,
      setup: `async ({ on }) => { on('tick', async () => { ${at('replay')} }); ${at('start')}; return { increment: () => (count += ${step}) } }`,
      onReload: `async () => { ${at('check')} }`,
      teardown: `async () => { ${at('teardown')} }`,
      ...fields,
    },
    `let count = 0\n${at('load')}`,
  )
}

interface Telling extends PluginFolder {
  /** Saves, and waits until the watcher has told of it. */
  saveAndTell(step: number, fields?: Readonly<Record<string, string>>): Promise<void>
}

async function startTelling(
  at: (folder: Telling) => At,
  {
    fields,
    files,
    ...options
  }: HotReloaderOptions & { fields?: Record<string, string>; files?: Record<string, string> } = {},
): Promise<Telling> {
  const host = globalThis as { cfAt?: At | undefined }
  let told = 0
  const quiet = () => {}
  const info = (_details: unknown, text?: string) => void (text?.startsWith('file change detected') && told++)
  const folder = await start(
    { 'counter.ts': telling(1, fields), ...files },
    { logger: { debug: quiet, info, warn: quiet, error: quiet }, ...options },
  )
  const whole: Telling = {
    ...folder,
    async saveAndTell(step, more = fields) {
      const before = told
      await folder.save('counter.ts', telling(step, more))
      while (told === before) await sleep(1)
    },
  }
  host.cfAt = at(whole)
  onTestFinished(() => {
    host.cfAt = undefined
  })
  folder.service<Counter>('counter').increment()
  return whole
}

/** Waits until `step` serves, and checks that the count of 1 went along. */
async function endsOn(folder: Telling, step: number): Promise<void> {
  const isLast = () =>
    folder.reloader.lifecycle.instance('counter') !== undefined && states(folder).counter === 'active'
  await expect.poll(isLast).toBe(true)
  await folder.reloader.idle()
  expect(folder.service<Counter>('counter').increment()).toBe(1 + step)
  expect(states(folder).counter).toBe('active')
}

it.each([
  ['load', {}],
  ['stage', { reload: "{ strategy: 'overlap' }" }],
  [
    'validate',
    {
      config: `{ '~standard': { version: 1, vendor: 'test', validate: async (value: unknown) => { await (globalThis as any).cfAt?.('validate', STEP); return { value: value ?? {} } } } }`,
    },
  ],
] as const)(
  'gives way to what is saved in the phase %s, before the calls are held back (fault 44)',
  async (phase, fields) => {
    const asked: string[] = []
    const place = phase === 'stage' ? 'start' : phase
    const withStep = (step: number) => ({
      ...fields,
      ...('config' in fields && { config: fields.config.replace('STEP', String(step)) }),
    })
    const folder = await startTelling(
      ({ saveAndTell }) =>
        (where, step) => {
          if (where !== place || step !== 2) return undefined
          asked.push(where)
          void saveAndTell(3, withStep(3))
          // For ever: nobody must wait for it.
          return new Promise(() => {})
        },
      { fields: withStep(1) },
    )
    const report = await folder.reported(() => folder.save('counter.ts', telling(2, withStep(2))))
    expect(report).toMatchObject({ outcome: 'committed', kept: ['counter'], problems: [] })
    expect(report.startedOver).toEqual(['counter changed again'])
    expect(report.phases.map((each) => each.phase)).toContain('start-over')
    expect(asked).toEqual([place])
    await endsOn(folder, 3)
    expect(folder.reports).toHaveLength(1)
  },
)

it('gives way to what is saved while the host is asked, and asks it about that (fault 44)', async () => {
  const asked: number[] = []
  const folder = await startTelling(() => () => undefined, {
    beforeReload: (plan) => {
      asked.push(plan.changes.length)
      if (asked.length > 1) return true
      void folder.saveAndTell(3)
      return new Promise(() => {})
    },
  })
  const report = await folder.reported(() => folder.save('counter.ts', telling(2)))
  expect(report).toMatchObject({ outcome: 'committed', startedOver: ['counter changed again'] })
  expect(asked).toEqual([1, 1])
  await endsOn(folder, 3)
})

it.each([
  ['save', 1, {}],
  ['teardown', 1, {}],
  ['start', 2, {}],
  ['restore', 2, {}],
  ['check', 2, {}],
  ['restore', 2, { reload: "{ strategy: 'overlap' }" }],
  ['check', 2, { reload: "{ strategy: 'overlap' }" }],
  ['teardown', 1, { reload: "{ strategy: 'overlap' }" }],
] as const)(
  'ends first, and then takes up what is saved in %s of %i with %o (fault 44)',
  async (phase, step, fields) => {
    let isFirst = true
    const folder = await startTelling(
      ({ saveAndTell }) =>
        async (where, which) => {
          if (where !== phase || which !== step || !isFirst) return
          isFirst = false
          await saveAndTell(3)
        },
      { fields },
    )
    await folder.save('counter.ts', telling(2, fields))
    await expect.poll(() => folder.reports.length, { timeout: 5000 }).toBe(2)
    await endsOn(folder, 3)
    expect(folder.reports.map(({ outcome, startedOver }) => [outcome, startedOver])).toEqual([
      ['committed', []],
      ['committed', []],
    ])
  },
)

it('ends first, and then takes up what is saved while calls are waited for (fault 44)', async () => {
  const folder = await startTelling(() => () => undefined)
  let release = () => {}
  const { lifecycle } = folder.reloader
  const held = lifecycle.use(
    'counter',
    () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  )
  const gating = new Promise<void>((resolve) => lifecycle.watch(({ to }) => void (to === 'gating' && resolve())))
  await folder.save('counter.ts', telling(2))
  await gating
  await folder.saveAndTell(3)
  release()
  await held
  await expect.poll(() => folder.reports.length, { timeout: 5000 }).toBe(2)
  await endsOn(folder, 3)
})

it('ends first, and then takes up what is saved while events that waited are delivered (fault 44)', async () => {
  let emitted: Promise<unknown> | undefined
  const folder = await startTelling(({ reloader, saveAndTell }) => async (where, step) => {
    if (where === 'restore' && step === 2) emitted = reloader.lifecycle.events.emit('tick', {})
    if (where === 'replay' && step === 2) await saveAndTell(3)
  })
  await folder.save('counter.ts', telling(2))
  await expect.poll(() => folder.reports.length, { timeout: 5000 }).toBe(2)
  await emitted
  await endsOn(folder, 3)
})

it('does not begin before the last of two saves has come to rest (faults 1, 44)', async () => {
  const loaded: number[] = []
  const folder = await startTelling(() => (where, step) => void (where === 'load' && loaded.push(step)))
  const report = await folder.reported(async () => {
    await writeFile(join(folder.path, 'counter.ts'), telling(2))
    await sleep(30)
    await writeFile(join(folder.path, 'counter.ts'), telling(3))
  })
  expect(report).toMatchObject({ outcome: 'committed', startedOver: [] })
  expect(report.phases[0]?.phase).toBe('settle')
  expect(report.phases[0]?.durationMs).toBeGreaterThan(60)
  expect(loaded).toEqual([3])
  await endsOn(folder, 3)
})

it('gives way three times at most, and what comes then follows (fault 44)', async () => {
  const folder = await startTelling(({ saveAndTell }) => async (where, step) => {
    if (where === 'load' && step < 6) await saveAndTell(step + 1)
  })
  await folder.save('counter.ts', telling(2))
  await expect.poll(() => folder.reports.length, { timeout: 5000 }).toBe(2)
  await endsOn(folder, 6)
  const changed = 'counter changed again'
  expect(folder.reports.map(({ outcome, startedOver }) => [outcome, startedOver])).toEqual([
    ['committed', [changed, changed, changed]],
    ['committed', []],
  ])
})

it('does not give way to a change of a plugin that has nothing to do with it', async () => {
  const other = (text: string) => plugin('other', { setup: `() => ({ text: '${text}' })` })
  const folder = await startTelling(
    (all) => async (where, step) => {
      if (where !== 'load' || step !== 2) return
      await all.save('other.ts', other('new'))
      await sleep(100)
    },
    { files: { 'other.ts': other('old') } },
  )
  await folder.save('counter.ts', telling(2))
  await expect.poll(() => folder.reports.length, { timeout: 5000 }).toBe(2)
  expect(folder.reports.map(({ members, startedOver }) => [members, startedOver])).toEqual([
    [['counter'], []],
    [['other'], []],
  ])
  await endsOn(folder, 2)
})

it('gives way to a change of a plugin that it depends on, and both are one unit', async () => {
  const base = (text: string) => plugin('base', { setup: `() => ({ text: '${text}' })` })
  const fields = { dependencies: "['base']" }
  const folder = await startTelling(
    (all) => (where, step) => {
      if (where !== 'load' || step !== 2)
        return undefined
        // The next load of the same content goes through.
      ;(globalThis as { cfAt?: At | undefined }).cfAt = undefined
      return all.save('base.ts', base('new')).then(() => new Promise(() => {}))
    },
    { fields, files: { 'base.ts': base('old') } },
  )
  const report = await folder.reported(() => folder.save('counter.ts', telling(2, fields)))
  expect(report).toMatchObject({ outcome: 'committed', members: ['base', 'counter'] })
  expect(report.plan.changes).toHaveLength(2)
  await endsOn(folder, 2)
  expect(folder.service('base')).toEqual({ text: 'new' })
})

it('takes up a good save without the bad one that it joined', async () => {
  const base = (text: string) => plugin('base', { setup: `() => ({ text: '${text}' })` })
  const fields = { dependencies: "['base']" }
  const folder = await startTelling(
    (all) => (where, step) => {
      if (where !== 'load' || step !== 2) return undefined
      ;(globalThis as { cfAt?: At | undefined }).cfAt = undefined
      return all.save('base.ts', base('new')).then(() => new Promise(() => {}))
    },
    { fields, files: { 'base.ts': base('old') } },
  )
  await folder.save('counter.ts', telling(2, { ...fields, onReload: "() => { throw new Error('bad') }" }))
  await expect.poll(() => folder.service('base'), { timeout: 5000 }).toEqual({ text: 'new' })
  expect(folder.reports[0]).toMatchObject({ outcome: 'rolled-back', members: ['base', 'counter'] })
  await endsOn(folder, 1)
})

it('starts a new plugin with what was saved while it was loading', async () => {
  const added = (text: string, before: string) => plugin('added', { setup: `() => ({ text: '${text}' })` }, before)
  const folder = await startTelling(({ save }) => async (where) => {
    if (where === 'added') await save('added.ts', added('new', ''))
    return new Promise(() => {})
  })
  const report = await folder.reported(() =>
    folder.save('added.ts', added('old', "await (globalThis as any).cfAt('added')")),
  )
  expect(report).toMatchObject({ outcome: 'committed', started: ['added'] })
  expect(report.startedOver).toHaveLength(1)
  expect(folder.service('added')).toEqual({ text: 'new' })
})

it('unloads a plugin whose file goes while new content of it is loading, and keeps its state', async () => {
  const folder = await startTelling(({ remove }) => async (where, step) => {
    if (where !== 'load' || step !== 2) return
    await remove('counter.ts')
    await new Promise(() => {})
  })
  const report = await folder.reported(() => folder.save('counter.ts', telling(2)))
  expect(report).toMatchObject({ outcome: 'committed', unloaded: ['counter'], problems: [] })
  await folder.reported(() => folder.save('counter.ts', telling(3)))
  await endsOn(folder, 3)
})

it('keeps the old code and tells of the last content, where that is bad and came while good content was loading', async () => {
  const folder = await startTelling(({ save }) => async (where, step) => {
    if (where !== 'load' || step !== 2) return
    await save('counter.ts', 'export default {')
    await new Promise(() => {})
  })
  const report = await folder.reported(() => folder.save('counter.ts', telling(2)))
  expect(report).toMatchObject({
    outcome: 'kept',
    error: { code: 'CFP_SYNTAX' },
    startedOver: ['counter changed again'],
  })
  expect(report.problems).toHaveLength(1)
  await endsOn(folder, 1)
})

it('heals a plugin that is down when its file is as before again, saved while that came about (faults 42, 44)', async () => {
  const host = globalThis as { cfSetUps?: number; cfFailing?: (() => unknown) | undefined }
  host.cfSetUps = 0
  const source = (step: number) =>
    plugin(
      'counter',
      {
        state:
          '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
        // The second and the third fail: the new code and the old one after it.
        setup: `async () => {
          const host = globalThis as any
          const setUps = ++host.cfSetUps
          if (setUps === 2) await host.cfFailing()
          if (setUps === 2 || setUps === 3) throw new Error('not now')
          return { increment: () => (count += ${step}) }
        }`,
      },
      'let count = 0',
    )
  const folder = await start({ 'counter.ts': source(1) })
  folder.service<Counter>('counter').increment()
  host.cfFailing = async () => {
    await folder.save('counter.ts', source(1))
    await sleep(150)
  }
  await folder.save('counter.ts', source(2))
  await expect.poll(() => host.cfSetUps, { timeout: 5000 }).toBe(4)
  await expect.poll(() => states(folder).counter).toBe('active')
  await folder.reloader.idle()
  expect(folder.service<Counter>('counter').increment()).toBe(2)
  expect(folder.reports.map(({ outcome }) => outcome)).toEqual(['failed', 'committed'])
})

it('gives a plugin that reloads itself its acceptance, and the reload follows', async () => {
  const source = (step: number) =>
    plugin(
      'counter',
      {
        state:
          '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
        setup: `({ shared }) => ({
          increment: () => (count += ${step}),
          reload: async () => { const report = await (shared as any).reload(); return report.outcome },
        })`,
      },
      'let count = 0',
    )
  const shared: { reload?: () => unknown } = {}
  const folder = await start({ 'counter.ts': source(1) }, { shared, watch: false })
  shared.reload = () => folder.reloader.reloadPlugin('counter')
  folder.service<Counter>('counter').increment()
  await folder.save('counter.ts', source(10))
  const answer = folder.reloader.lifecycle.use('counter', (service) => (service as { reload(): unknown }).reload())
  expect(await answer).toBe('accepted')
  await folder.reloader.idle()
  expect(folder.reports).toMatchObject([{ outcome: 'committed', members: ['counter'] }])
  expect(folder.service<Counter>('counter').increment()).toBe(11)
})
