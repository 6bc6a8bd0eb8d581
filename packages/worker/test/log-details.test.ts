// Details of log entries on their way home: whatever they are, the entry arrives.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { logDetails } from '../src/log-details.ts'
import { threadLogger } from '../src/thread-logger.ts'

class Money {
  readonly amount: number
  readonly #secret = 7

  constructor(amount: number) {
    this.amount = amount
  }

  cents(): number {
    return this.amount * this.#secret
  }
}

const nothing = () => {}

/** As another thread has them. */
const arrived = (details: object): unknown => structuredClone(logDetails(details))

describe('details of a log entry', () => {
  it('are what they were, where they can be copied', () => {
    const details = {
      number: 1,
      list: [1, { two: 2n }],
      at: new Date(5),
      bytes: new Uint8Array([1, 2]),
      none: undefined,
    }
    expect(arrived(details)).toEqual(details)
  })

  it('keep errors, alone and among others', () => {
    const error = new TypeError('no')
    expect(logDetails(error)).toBe(error)
    expect(logDetails({ err: error, of: [error] })).toEqual({ err: error, of: [error] })
  })

  it('are told as text where they cannot be copied', () => {
    const secret = Symbol('secret')
    expect(arrived({ run: function greet() {}, secret, made: class Maker {} })).toEqual({
      run: '[Function: greet]',
      secret: 'Symbol(secret)',
      made: '[class Maker]',
    })
  })

  it('of instances are what they have, or what they say of themselves', () => {
    const url = new URL('https://example.org/a')
    expect(arrived({ money: new Money(3), url })).toEqual({ money: { amount: 3 }, url: 'https://example.org/a' })
    const map = new Map<unknown, unknown>([['run', nothing]])
    const told = { map: new Map([['run', '[Function: nothing]']]), set: new Set(['[Function: nothing]']) }
    expect(arrived({ map, set: new Set([nothing]) })).toEqual(told)
    expect(() => arrived({ emitter: new EventEmitter() })).not.toThrow()
  })

  it('in circles, and too deep, are cut', () => {
    const circle: Record<string, unknown> = { name: 'one' }
    circle.self = circle
    expect(arrived(circle)).toEqual({ name: 'one', self: '[Circular]' })
    expect(arrived({ a: { b: { c: { d: { e: 1 } } } } })).toEqual({ a: { b: { c: { d: expect.any(String) } } } })
  })

  it('that throw when they are read cost themselves alone', () => {
    const hostile = {
      fine: 1,
      get broken() {
        throw new Error('do not look')
      },
      worse: new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('nor here')
          },
        },
      ),
      liar: {
        toJSON: () => {
          throw new Error('not this')
        },
      },
    }
    expect(arrived(hostile)).toMatchObject({
      fine: 1,
      broken: expect.stringContaining('do not look'),
      worse: expect.stringContaining('nor here'),
      liar: expect.stringContaining('not this'),
    })
  })
})

it('a logger never throws, and its children have the bindings of all', () => {
  const lines: unknown[] = []
  const logger = threadLogger(
    (line) => {
      structuredClone(line)
      lines.push(line)
    },
    { of: 'one' },
  )
  logger.child?.({ and: 'two', run: () => {} }).warn({ deep: { run: () => {} } }, 'both')
  const failing = threadLogger(() => {
    throw new Error('nobody there')
  })
  expect(() => failing.error(new Error('lost'))).not.toThrow()
  expect(lines).toEqual([
    {
      level: 'warn',
      args: [{ deep: { run: '[Function: run]' } }, 'both'],
      bindings: { of: 'one', and: 'two', run: '[Function: run]' },
    },
  ])
})
