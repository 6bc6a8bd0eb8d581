// What a run that does not come to its end leaves behind, and says.
import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Pipeline, PipelineError } from '../src/index.ts'
import { codeOf, never, until } from './support.ts'

/** Runs, and gives the error. */
async function failure(run: Promise<unknown>): Promise<PipelineError> {
  const error = await run.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof PipelineError)) throw error
  return error
}

describe('a step that fails', () => {
  it('undoes the steps before it in reverse, each with what it was given and its own state', async () => {
    const pipeline = new Pipeline<number>('orders')
    const undone: unknown[] = []
    for (const name of ['reserve', 'charge']) {
      pipeline.step(
        name,
        (value, { own, shared }) => {
          own.set('left', `${name} ${value}`)
          shared.set('last', name)
          return value + 1
        },
        {
          undo: async (value, { own, shared, step, signal }) => {
            await null
            undone.push([step, value, own.get('left'), shared.get('last'), signal.aborted])
          },
        },
      )
    }
    pipeline.step('nothing to undo', () => undefined)
    pipeline.step('ship', () => Promise.reject(new Error('no truck')), { undo: () => undone.push('ship') })
    const error = await failure(pipeline.run(1))
    expect(undone).toEqual([
      ['charge', 2, 'charge 2', 'charge', false],
      ['reserve', 1, 'reserve 1', 'charge', false],
    ])
    expect(error).toMatchObject({
      code: 'CFP_PIPELINE_FAILED',
      pipeline: 'orders',
      step: 'ship',
      plugin: 'host',
      undone: ['charge', 'reserve'],
      undoFailures: [],
      unsettled: [],
      cause: { message: 'no truck' },
    })
    expect(error.message).toBe(
      'Pipeline "orders" failed in step "ship" of plugin "host": no truck. Undone: "charge", "reserve".',
    )
  })

  it('undoes nothing for a run that succeeds, and for the next one', async () => {
    const pipeline = new Pipeline<number>('orders')
    let undone = 0
    pipeline.step('one', (value) => value + 1, { undo: () => undone++ })
    pipeline.step('two', (value) => {
      if (value > 5) throw new Error('too much')
    })
    expect([await pipeline.run(1), undone]).toEqual([2, 0])
    await failure(pipeline.run(9))
    expect([await pipeline.run(1), undone]).toEqual([2, 1])
  })

  it('says which undo failed, and goes on with the others', async () => {
    const told: unknown[] = []
    const pipeline = new Pipeline<number>('orders', { onFailure: ({ error }) => told.push(error) })
    const broken = new Error('refund refused')
    pipeline.step('first', () => undefined, { undo: () => undefined })
    pipeline.step('rejects', () => undefined, { undo: () => Promise.reject(broken) })
    pipeline.step('hangs', () => undefined, { undo: never, timeoutMs: 20 })
    pipeline.step('fails', () => {
      throw new Error('no')
    })
    const error = await failure(pipeline.run(1))
    expect(error.undone).toEqual(['first'])
    expect(error.undoFailures).toMatchObject([
      { step: 'hangs', plugin: 'host', error: { code: 'CFP_HANDLER_TIMEOUT' } },
      { step: 'rejects', error: broken },
    ])
    expect(error.message).toMatch(/Undone: "first"\. Not undone: "hangs" \(.*\), "rejects" \(refund refused\)\.$/)
    expect(told).toHaveLength(2)
  })

  it('tells an undo that takes too long by its signal', async () => {
    const pipeline = new Pipeline<number>('orders')
    let isTold = false
    const undo = (_value: number, { signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', () => {
        isTold = true
      })
      return never()
    }
    pipeline.step('slow', () => undefined, { undo, timeoutMs: 10 })
    pipeline.step('fails', () => Promise.reject(new Error('no')))
    await failure(pipeline.run(1))
    expect(isTold).toBe(true)
  })
})

describe('a step that hangs', () => {
  it('is given up after its time, told by its signal, and named as unsettled', async () => {
    const pipeline = new Pipeline<number>('orders')
    let reason: unknown
    const undone: string[] = []
    pipeline.step('first', () => undefined, { undo: () => undone.push('first') })
    pipeline.step(
      'hangs',
      (_value, { signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
        return never()
      },
      { timeoutMs: 20, undo: () => undone.push('hangs') },
    )
    const error = await failure(pipeline.run(1))
    expect(error).toMatchObject({
      code: 'CFP_PIPELINE_FAILED',
      step: 'hangs',
      undone: ['first'],
      unsettled: ['hangs'],
      cause: { code: 'CFP_HANDLER_TIMEOUT' },
    })
    expect([undone, reason]).toEqual([['first'], error.cause])
  })

  it('is given up when the run has taken too long, steps that did end among it', async () => {
    const pipeline = new Pipeline<number>('orders', { runTimeoutMs: 40, graceMs: 10 })
    const undone: string[] = []
    pipeline.step('first', () => sleep(5), { undo: () => undone.push('first') })
    pipeline.step('hangs', never)
    const error = await failure(pipeline.run(1))
    expect(error).toMatchObject({
      code: 'CFP_PIPELINE_TIMEOUT',
      step: 'hangs',
      undone: ['first'],
      unsettled: ['hangs'],
    })
    expect(await codeOf(() => pipeline.run(1, { timeoutMs: 10 }))).toBe('CFP_PIPELINE_TIMEOUT')
  })
})

describe('cancelling', () => {
  it('waits for the step that runs, which is told, and undoes it too where it is done all the same', async () => {
    const pipeline = new Pipeline<number>('orders')
    const controller = new AbortController()
    const undone: string[] = []
    pipeline.step('first', () => undefined, { undo: () => undone.push('first') })
    pipeline.step(
      'second',
      (_value, { signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      { undo: () => undone.push('second') },
    )
    pipeline.step('never', () => undone.push('never') && undefined)
    const run = pipeline.run(1, { signal: controller.signal })
    controller.abort('enough')
    const error = await failure(run)
    expect(error).toMatchObject({ code: 'CFP_PIPELINE_ABORTED', cause: 'enough', undone: ['second', 'first'] })
    expect(undone).toEqual(['second', 'first'])
  })

  it('does not wait longer than graceMs for a step that does not listen', async () => {
    const pipeline = new Pipeline<number>('orders', { graceMs: 10 })
    const controller = new AbortController()
    let started = false
    pipeline.step('deaf', () => {
      started = true
      return never()
    })
    const run = pipeline.run(1, { signal: controller.signal })
    await until(() => started)
    controller.abort()
    expect(await failure(run)).toMatchObject({ code: 'CFP_PIPELINE_ABORTED', step: 'deaf', unsettled: ['deaf'] })
  })

  it('calls no step where the signal is aborted already, or by a sync step', async () => {
    const pipeline = new Pipeline<number>('orders')
    const called: string[] = []
    const controller = new AbortController()
    pipeline.step('aborts', () => {
      called.push('aborts')
      controller.abort()
    })
    pipeline.step('next', () => {
      called.push('next')
    })
    expect(await failure(pipeline.run(1, { signal: AbortSignal.abort() }))).toMatchObject({ undone: [] })
    expect(called).toEqual([])
    expect(await codeOf(() => pipeline.run(1, { signal: controller.signal }))).toBe('CFP_PIPELINE_ABORTED')
    expect(called).toEqual(['aborts'])
  })

  it('is over with the run: an abort after it changes nothing', async () => {
    const pipeline = new Pipeline<number>('orders')
    const controller = new AbortController()
    let undone = 0
    pipeline.step('one', async () => 2, { undo: () => undone++ })
    expect(await pipeline.run(1, { signal: controller.signal })).toBe(2)
    controller.abort()
    await null
    expect(undone).toBe(0)
  })

  it('leaves nothing behind: no listener, no timer', async () => {
    const pipeline = new Pipeline<number>('orders')
    pipeline.step('one', async () => 2)
    const { signal } = new AbortController()
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    await pipeline.run(1, { signal, timeoutMs: 60_000 })
    expect([getEventListeners(signal, 'abort').length, timers() - before]).toEqual([0, 0])
  })
})
