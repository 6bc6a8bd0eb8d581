// What a run of a pipeline does: its steps in order, and what becomes of each.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepContext } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { type HandlerTrace, handlerChannel, Pipeline, Pipelines } from '../src/index.ts'
import { codeOf, deferred, until } from './support.ts'

interface Order {
  readonly items: readonly string[]
  readonly total?: number
  readonly note?: string
}

/** A pipeline of words: each step adds its name. */
function words(options = {}) {
  const pipeline = new Pipeline<string[]>('words', options)
  const add = (name: string) => (list: string[]) => [...list, name]
  return { pipeline, add }
}

describe('a run', () => {
  it('hands a value from step to step, sync or async as they come', async () => {
    const pipeline = new Pipeline<number>('numbers')
    pipeline.step('double', (value) => value * 2)
    pipeline.step('later', async (value) => {
      await sleep(1)
      return value + 1
    })
    pipeline.step('look', () => undefined)
    pipeline.step('text', (value) => value * 10)
    expect(await pipeline.run(1)).toBe(30)
    expect(await pipeline.run(2)).toBe(50)
  })

  it('gives the value back where there is no step', async () => {
    expect(await new Pipeline<string>('empty').run('as it is')).toBe('as it is')
  })

  it('takes one tick where every step is sync', async () => {
    const { pipeline, add } = words()
    pipeline.step('one', add('one'))
    pipeline.step('two', add('two'), { undo: () => undefined })
    const order: string[] = []
    const run = pipeline.run([]).then((list) => order.push(list.join()))
    await Promise.resolve().then(() => order.push('a tick'))
    await run
    expect(order).toEqual(['one,two', 'a tick'])
  })

  it('goes by priority, and by before and after: of steps or of plugins', async () => {
    const pipelines = new Pipelines()
    const run = (_name: string) => (list: string[]) => [...list, _name]
    const audit = pipelines.stage({ name: 'audit', rank: 1 })
    audit.on('words', 'first of audit', run('first of audit'))
    audit.on('words', 'second of audit', run('second of audit'), { priority: 'low' })
    audit.commit()
    const words = pipelines.get<string[]>('words')
    words.step('low', run('low'), { priority: 'low' })
    words.step('high', run('high'), { priority: 'high' })
    words.step('before a plugin', run('before a plugin'), { before: 'audit' })
    words.step('after a step', run('after a step'), { priority: 'high', after: 'second of audit' })
    expect(await words.run([])).toEqual([
      'high',
      'before a plugin',
      'first of audit',
      'low',
      'second of audit',
      'after a step',
    ])
    expect(pipelines.steps('words').map(({ step }) => step)).toEqual(await words.run([]))
  })

  it('refuses a step that must be before itself by way of another', async () => {
    const { pipeline, add } = words()
    pipeline.step('one', add('one'), { before: 'two' })
    expect(await codeOf(() => pipeline.step('two', add('two'), { before: 'one' }))).toBe('CFP_HANDLER_ORDER')
    expect(await pipeline.run([])).toEqual(['one'])
  })

  it('passes over a step whose condition says so, sync or async', async () => {
    const { pipeline, add } = words()
    pipeline.step('short', add('short'), { condition: (list) => list.length === 0 })
    pipeline.step('never', add('never'), { condition: async (list) => list.length > 5 })
    pipeline.step('once more', add('once more'), { condition: async (list) => list.length === 1 })
    expect(await pipeline.run([])).toEqual(['short', 'once more'])
    expect(await pipeline.run(['x', 'y'])).toEqual(['x', 'y'])
  })

  it('shares a map among its steps, and keeps one for each', async () => {
    const pipeline = new Pipeline<number>('numbers')
    const seen: unknown[] = []
    pipeline.step('first', (value, { shared, own }) => {
      shared.set('first', value)
      own.set('mine', value)
    })
    pipeline.step('second', async (_value, { shared, own, step, pipeline, id }) => {
      seen.push([...shared], [...own], step, pipeline, id)
    })
    await pipeline.run(1, { shared: [['user', 'ada']] })
    await pipeline.run(2)
    expect(seen[0]).toEqual([
      ['user', 'ada'],
      ['first', 1],
    ])
    expect(seen[5]).toEqual([['first', 2]])
    expect(seen.slice(1, 4)).toEqual([[], 'second', 'numbers'])
    expect(seen[4]).not.toBe(seen[9])
  })

  it('takes a step back whose undo is called, from the next run on', async () => {
    const { pipeline, add } = words()
    const undo = pipeline.step('one', add('one'))
    expect(await pipeline.run([])).toEqual(['one'])
    undo()
    pipeline.step('one', add('another'))
    undo()
    expect(await pipeline.run([])).toEqual(['another'])
  })
})

describe('a group', () => {
  it('runs its steps side by side where the first stands, and merges their parts in order', async () => {
    const pipeline = new Pipeline<Order>('orders')
    const [price, both] = [deferred(), deferred()]
    const given: unknown[] = []
    pipeline.step('before', (order) => ({ ...order, note: 'new' }))
    pipeline.step(
      'price',
      async (order) => {
        given.push(order)
        await price.promise
        return { total: 7, note: 'priced' }
      },
      { group: 'facts' },
    )
    pipeline.step('between', (order) => ({ ...order, items: [...order.items, order.note ?? 'none'] }))
    pipeline.step(
      'note',
      (order) => {
        given.push(order)
        both.resolve()
        return { note: 'noted' }
      },
      { group: 'facts' },
    )
    pipeline.step('nothing', () => undefined, { group: 'facts' })
    const run = pipeline.run({ items: [] })
    await both.promise
    price.resolve()
    expect(await run).toEqual({ items: ['noted'], total: 7, note: 'noted' })
    expect(given).toEqual([
      { items: [], note: 'new' },
      { items: [], note: 'new' },
    ])
  })

  it('is merged as the pipeline says', async () => {
    const merge = (value: number, parts: readonly unknown[]) =>
      parts.reduce<number>((sum, part) => sum + Number(part), value)
    const pipeline = new Pipeline<number>('sum', { merge })
    pipeline.step('one', async () => 1, { group: 'all' })
    pipeline.step('two', () => 2, { group: 'all' })
    expect(await pipeline.run(10)).toBe(13)
  })

  it('fails where a part cannot be merged', async () => {
    const ofParts = new Pipeline<Order>('orders')
    ofParts.step('list', () => [] as unknown as Partial<Order>, { group: 'all' })
    await expect(ofParts.run({ items: [] })).rejects.toMatchObject({
      code: 'CFP_PIPELINE_FAILED',
      step: 'list',
      cause: { code: 'CFP_GROUP_RESULT' },
    })
    const ofNumbers = new Pipeline<number>('sum')
    ofNumbers.step('one', () => 2, { group: 'all' })
    await expect(ofNumbers.run(1)).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/the value is number/) },
    })
  })

  it('sets no prototype from a part', async () => {
    const pipeline = new Pipeline<Record<string, unknown>>('objects')
    pipeline.step('evil', () => JSON.parse('{ "__proto__": { "admin": true } }'), { group: 'all' })
    const value = await pipeline.run({})
    expect([value.admin, Object.getPrototypeOf(value) === Object.prototype]).toEqual([undefined, true])
  })

  const fails = {
    throws: () => {
      throw new Error('no')
    },
    rejects: () => Promise.reject(new Error('no')),
  }
  it.each(['throws', 'rejects'] as const)(
    'tells the others to stop where one %s, and undoes what was done',
    async (how) => {
      const pipeline = new Pipeline<object>('all')
      const undone: string[] = []
      const undo = (_value: object, { step }: StepContext) => undone.push(step)
      let reason: unknown
      pipeline.step('done', () => ({}), { group: 'all', undo })
      pipeline.step(
        'stops',
        (_value, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason
              resolve({})
            })
          }),
        { group: 'all', undo },
      )
      pipeline.step('fails', fails[how], { group: 'all', undo })
      const error = await pipeline.run({}).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ step: 'fails', undone: ['stops', 'done'], unsettled: [] })
      expect([undone, (reason as Error).message]).toEqual([['stops', 'done'], 'no'])
    },
  )
})

describe('retry', () => {
  it('calls a step again that failed, with the same value', async () => {
    const { pipeline, add } = words()
    let calls = 0
    const flaky = (list: string[]) => {
      calls++
      if (calls < 3) throw new Error('not yet')
      return add('flaky')(list)
    }
    pipeline.step('flaky', flaky, { retry: { attempts: 3, delayMs: 1 } })
    expect(await pipeline.run([])).toEqual(['flaky'])
    expect(calls).toBe(3)
  })

  it('ends when the run is cancelled', async () => {
    const { pipeline } = words()
    const controller = new AbortController()
    let calls = 0
    pipeline.step(
      'fails',
      () => {
        calls++
        throw new Error('no')
      },
      { retry: { attempts: 1_000_000, delayMs: 5, factor: 1 } },
    )
    const run = pipeline.run([], { signal: controller.signal })
    await until(() => calls > 2)
    controller.abort()
    const tried = calls
    expect(await codeOf(() => run)).toBe('CFP_PIPELINE_ABORTED')
    expect(calls).toBe(tried)
  })
})

describe('ignoreErrors', () => {
  it('leaves the value as it is, and tells the host', async () => {
    const told: unknown[] = []
    const { pipeline, add } = words({ onFailure: (failure: unknown) => told.push(failure) })
    pipeline.step('fails', () => Promise.reject(new Error('no')), { ignoreErrors: true })
    pipeline.step(
      'throws',
      () => {
        throw new Error('no')
      },
      { ignoreErrors: true },
    )
    pipeline.step('last', add('last'))
    expect(await pipeline.run(['first'])).toEqual(['first', 'last'])
    expect(told).toMatchObject([{ event: 'words', plugin: 'host' }, { event: 'words' }])
  })
})

describe('whoever watches', () => {
  it('is told of each step, and can switch one off', async () => {
    const pipelines = new Pipelines({ host: 'abc' })
    const stage = pipelines.stage({ name: 'audit', rank: 1, source: { file: 'a.ts', generation: 2 } })
    stage.on('words', 'async', async () => undefined)
    stage.on('words', 'skipped', () => undefined, { condition: () => false })
    stage.on('words', 'fails', () => {
      throw new Error('no')
    })
    stage.commit()
    const traces: HandlerTrace[] = []
    const listener = (message: unknown) => traces.push(message as HandlerTrace)
    handlerChannel.subscribe(listener)
    try {
      await codeOf(() => pipelines.get('words').run(0))
    } finally {
      handlerChannel.unsubscribe(listener)
    }
    const of = { host: 'abc', kind: 'pipeline', name: 'words', plugin: 'audit', generation: 2 }
    expect(traces).toMatchObject([
      { ...of, outcome: 'ok' },
      { ...of, outcome: 'skipped' },
      { ...of, outcome: 'failed' },
    ])
    const fails = pipelines.handlers('words').find(({ step }) => step === 'fails')
    expect(fails).toMatchObject({ calls: 1, failures: 1, on: true })
    pipelines.switchOff(fails?.id ?? '', 'it fails')
    expect(await pipelines.get('words').run(1)).toBe(1)
    pipelines.switchOn(fails?.id ?? '')
    expect(await codeOf(() => pipelines.get('words').run(1))).toBe('CFP_PIPELINE_FAILED')
    expect(pipelines.handlers('words').map(({ calls }) => calls)).toEqual([3, 0, 2])
  })
})

describe('what is not right', () => {
  const step = () => undefined
  it.each<[string, () => unknown]>([
    ['a name of a pipeline', () => new Pipeline('')],
    ['a name of a step', () => new Pipeline('x').step('', step)],
    ['a step', () => new Pipeline('x').step('y', 1 as never)],
    ['options of a step', () => new Pipeline('x').step('y', step, 1 as never)],
    ['a group', () => new Pipeline('x').step('y', step, { group: '' })],
    ['an undo', () => new Pipeline('x').step('y', step, { undo: 1 as never })],
    ['a condition', () => new Pipeline('x').step('y', step, { condition: 1 as never })],
    ['retry', () => new Pipeline('x').step('y', step, { retry: { attempts: 0 } })],
    ['timeoutMs', () => new Pipeline('x').step('y', step, { timeoutMs: 0 })],
    ['once', () => new Pipeline('x').step('y', step, { once: true } as never)],
    ['parallel', () => new Pipeline('x').step('y', step, { parallel: true } as never)],
    ['batch', () => new Pipeline('x').step('y', step, { batch: { size: 1, waitMs: 1 } } as never)],
    ['runTimeoutMs', () => new Pipeline('x', { runTimeoutMs: -1 })],
    ['graceMs', () => new Pipeline('x', { graceMs: Number.NaN })],
    ['merge', () => new Pipeline('x', { merge: 1 as never })],
    ['timeoutMs of a run', () => new Pipeline('x').run(1, { timeoutMs: 0 })],
    ['a signal', () => new Pipeline('x').run(1, { signal: {} as never })],
    ['what is shared', () => new Pipeline('x').run(1, { shared: 1 as never })],
    [
      'a second step of the same name',
      () => {
        const pipeline = new Pipeline('x')
        pipeline.step('y', step)
        pipeline.step('y', step)
      },
    ],
  ])('%s is refused where it is given', async (_what, run) => {
    expect(await codeOf(run)).toBe('CFP_HANDLER_INVALID')
  })

  it('other options for a pipeline that has some are refused', async () => {
    const pipelines = new Pipelines()
    pipelines.get('x', { graceMs: 5 })
    pipelines.get('x', { graceMs: 5 })
    pipelines.get('x')
    expect(await codeOf(() => pipelines.get('x', { graceMs: 6 }))).toBe('CFP_PIPELINE_REDECLARED')
  })
})
