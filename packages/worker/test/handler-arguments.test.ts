// What a handler is given, on its way to a thread and back.
import type { EventContext, StepContext } from '@cf-plugins/plugin-api'
import { expect, test } from 'vitest'
import { packArguments, signalOf, unpackArguments, unpackResult } from '../src/handler-arguments.ts'

const call = () => ({ signal: new AbortController().signal })

function stepContext(shared: Map<string, unknown>, own = new Map<string, unknown>()): StepContext {
  return { pipeline: 'p', step: 's', id: 'r-1', shared, own, signal: call().signal }
}

/** As a thread does it: with a copy of what it is given, and a copy of what it gives. */
function throughThread(context: StepContext, step: (value: unknown, context: StepContext) => unknown): unknown {
  const packed = structuredClone(packArguments('step', ['value', context]))
  const { args, packResult } = unpackArguments('step', packed, call())
  return unpackResult('step', ['value', context], structuredClone(packResult(step(args[0], args[1] as StepContext))))
}

test('steps that change the same map side by side keep the changes of each other', () => {
  const context = stepContext(new Map([['kept', 1]]))
  const packed = structuredClone(packArguments('step', ['value', context]))
  const both = [unpackArguments('step', packed, call()), unpackArguments('step', structuredClone(packed), call())]
  const results = both.map(({ args, packResult }, at) => {
    const { shared } = args[1] as StepContext
    shared.set(`step ${at}`, at)
    return packResult(at)
  })
  for (const result of results) unpackResult('step', ['value', context], result)
  expect(Object.fromEntries(context.shared)).toEqual({ kept: 1, 'step 0': 0, 'step 1': 1 })
})

test('what a step changed inside a value comes back, and what it left alone stays the same object', () => {
  const [touched, untouched] = [{ list: [1] }, { list: [1] }]
  const context = stepContext(new Map(Object.entries({ touched, untouched, gone: 1 })))
  const result = throughThread(context, (value, { shared, own }) => {
    ;(shared.get('touched') as { list: number[] }).list.push(2)
    shared.delete('gone')
    own.set('undo', value)
    return 'next'
  })
  expect(result).toBe('next')
  expect(Object.fromEntries(context.shared)).toEqual({ touched: { list: [1, 2] }, untouched: { list: [1] } })
  expect(context.shared.get('untouched')).toBe(untouched)
  expect(context.own.get('undo')).toBe('value')
})

test('a step that gives nothing, and changes nothing, leaves everything as it is', () => {
  const context = stepContext(new Map([['a', [1]]]))
  expect(throughThread(context, () => undefined)).toBe(undefined)
  expect(Object.fromEntries(context.shared)).toEqual({ a: [1] })
})

test('a list that a hook gives is no result of a step', () => {
  expect(unpackResult('hook', [1], ['a', [['x', 1]], []])).toEqual(['a', [['x', 1]], []])
})

test('the signal of a context is not read before it is asked for', () => {
  let reads = 0
  const context = {
    id: 'e-1',
    event: 'x',
    payload: 1,
    time: 0,
    source: 'host',
    parent: undefined,
    get signal() {
      reads++
      return call().signal
    },
  } satisfies EventContext
  packArguments('event', [1, context])
  packArguments('batch', [[1], [context]])
  expect(reads).toBe(0)
  signalOf('event', [1, context])
  expect(reads).toBe(1)
  expect(signalOf('hook', [1])).toBe(undefined)
})

test('every member of a context can be taken out of it in the thread', () => {
  const context: EventContext = {
    id: 'e-1',
    event: 'x',
    payload: { to: 'ada' },
    time: 7,
    source: 'mail',
    parent: { id: 'e-0', event: 'w' },
    signal: call().signal,
  }
  const inThread = call()
  const { args } = unpackArguments('event', structuredClone(packArguments('event', [{ to: 'ada' }, context])), inThread)
  const { id, event, payload, time, source, parent, signal } = args[1] as EventContext
  expect({ id, event, payload, time, source, parent }).toEqual({
    id: 'e-1',
    event: 'x',
    payload: { to: 'ada' },
    time: 7,
    source: 'mail',
    parent: { id: 'e-0', event: 'w' },
  })
  expect(signal).toBe(inThread.signal)
  expect(payload).toBe(args[0])
})
