import { createHook } from 'node:async_hooks'
import { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import vm from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cloneState, type UncloneableState } from '../src/clone-state.ts'

const copyOf = <T>(value: T): T => cloneState(value).copy as T

function problemOf(state: unknown, maxBytes?: number): UncloneableState {
  try {
    cloneState(state, maxBytes)
  } catch (error) {
    return error as UncloneableState
  }
  throw new Error('it was copied')
}

describe('a copy', () => {
  test.each([
    ['a primitive', 42n],
    ['null', null],
    ['nested plain data', { a: [1, 'two', { three: [null, undefined, Number.NaN, -0] }], empty: {} }],
    [
      'a Map',
      new Map<unknown, unknown>([
        [{ id: 1 }, new Map([['x', [1]]])],
        ['plain', 2],
      ]),
    ],
    ['a Set', new Set([1, 'a', [2]])],
    ['a Date', new Date(1_234)],
    ['a RegExp', /a(b)?/giu],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    [
      'typed arrays',
      [new Uint8Array([1, 2]), new Float64Array([1.5]), new BigInt64Array([7n]), new DataView(new ArrayBuffer(2))],
    ],
    ['a Buffer', Buffer.from('abc')],
    ['boxed primitives', [Object(1), Object('a'), Object(true), Object(1n)]],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
    ['a large array of numbers', Array.from({ length: 5_000 }, (_, index) => index)],
    ['a large array of strings', Array.from({ length: 5_000 }, String)],
    ['a large array of objects', Array.from({ length: 5_000 }, (_, index) => ({ index }))],
    ['an array with holes', Object.assign(new Array(5), { 3: 'x' })],
    ['an array with more than elements', Object.assign([1], { index: 3, '-1': 0, '01': 1 })],
    ['names that objects have', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
  ])('of %s is equal and shares nothing', (_, value) => {
    const copy = copyOf(value)
    expect(isDeepStrictEqual(copy, value)).toBe(true)
    if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
  })

  test('of any plain data is equal, and as unlike the original as structuredClone’s', () => {
    fc.assert(
      fc.property(
        fc.object({
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
          withBigInt: true,
          withBoxedValues: true,
        }),
        (value) => {
          const copy = copyOf(value)
          expect(isDeepStrictEqual(copy, value)).toBe(true)
          expect(isDeepStrictEqual(structuredClone(copy), structuredClone(value))).toBe(true)
          expect(sharedObjects(copy, value)).toEqual([])
        },
      ),
    )
  })

  test('keeps circles and shared references as they are', () => {
    const shared = { n: 1 }
    const state: Record<string, unknown> = { a: shared, b: [shared], map: new Map<unknown, unknown>([['s', shared]]) }
    state.self = state
    ;(state.map as Map<unknown, unknown>).set(state, state.map)
    const copy = copyOf(state)
    expect(copy.self).toBe(copy)
    expect((copy.b as unknown[])[0]).toBe(copy.a)
    const map = copy.map as Map<unknown, unknown>
    expect(map.get('s')).toBe(copy.a)
    expect(map.get(copy)).toBe(map)
    expect(copy.a).not.toBe(shared)
  })

  test('of a chain of 200,000 overflows nothing', () => {
    let chain: { next: unknown } = { next: undefined }
    for (let length = 1; length < 200_000; length++) chain = { next: chain }
    let length = 0
    for (let at = copyOf(chain) as { next: unknown } | undefined; at !== undefined; at = at.next as typeof at) length++
    expect(length).toBe(200_000)
  })

  test('keeps views of one buffer together, with their windows', () => {
    const buffer = new ArrayBuffer(8)
    const state = { all: new Uint8Array(buffer), part: new Uint16Array(buffer, 2, 2), buffer }
    const copy = copyOf(state)
    copy.all[2] = 7
    expect(copy.part[0]).toBe(7)
    expect(copy.part).toHaveLength(2)
    expect(copy.part.buffer).toBe(copy.buffer)
    expect(state.all[2]).toBe(0)
  })

  test('of a Buffer has its own bytes, not the pool that they are in', () => {
    const copy = copyOf({ bytes: Buffer.from('abc') })
    expect(Buffer.isBuffer(copy.bytes)).toBe(true)
    expect(copy.bytes.toString()).toBe('abc')
    expect(cloneState(Buffer.from('abc')).bytes).toBeLessThan(100)
  })

  test('of an error keeps its kind, message, stack, cause and own properties', () => {
    const error = Object.assign(new TypeError('bad', { cause: { at: [1] } }), { code: 'E_BAD' })
    const copy = copyOf(error)
    expect(copy).toBeInstanceOf(TypeError)
    expect(copy).toMatchObject({ message: 'bad', stack: error.stack, cause: { at: [1] }, code: 'E_BAD' })
    expect(copy.cause).not.toBe(error.cause)
    expect(Object.keys(copy)).toEqual(['code'])
    expect(copyOf(new AggregateError([new RangeError('one')], 'many')).errors[0]).toBeInstanceOf(RangeError)
  })

  test('keeps what __proto__ names as a property and no prototype (fault 34)', () => {
    const copy = copyOf(JSON.parse('{"__proto__":{"admin":true}}'))
    expect(Object.keys(copy)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(copy.admin).toBeUndefined()
  })

  test('of a frozen object can be written', () => {
    const copy = copyOf(Object.freeze({ list: Object.freeze([1]) }) as { list: number[] })
    copy.list.push(2)
    expect(copy).toEqual({ list: [1, 2] })
  })

  test('has a getter’s value, and nothing that a loop does not show', () => {
    const state = Object.defineProperty(
      {
        get twice() {
          return 4
        },
      },
      'hidden',
      { value: 1 },
    )
    expect(Object.getOwnPropertyDescriptors(copyOf(state))).toEqual({
      twice: { value: 4, enumerable: true, writable: true, configurable: true },
    })
  })

  test('keeps properties of maps and dates', () => {
    expect(copyOf(Object.assign(new Map([[1, 2]]), { note: [1] })).note).toEqual([1])
  })

  test('of an invalid Date is one too', () => {
    expect(copyOf(new Date(Number.NaN)).getTime()).toBeNaN()
  })

  test('of another realm’s plain objects is plain here', () => {
    const copy = copyOf(vm.runInNewContext('({ a: { b: 1 } })'))
    expect(Object.getPrototypeOf(copy.a)).toBe(Object.prototype)
  })

  test('starts nothing asynchronous', () => {
    let started = 0
    const hook = createHook({ init: () => void started++ }).enable()
    copyOf({ a: [new Date(), /x/, new Error('x')] })
    hook.disable()
    expect(started).toBe(0)
  })
})

class Session {
  readonly #secret = 1
  readonly id = 2
  get secret() {
    return this.#secret
  }
}

describe('refused, with its path, is', () => {
  const socket = new Socket()
  test.each<[string, unknown, string, string]>([
    ['a socket', { sessions: [1, 2, 3, { socket }] }, 'state.sessions[3].socket', 'a Socket'],
    ['a function', { on: { save: () => {} } }, 'state.on.save', 'a function'],
    ['a class', { type: Session }, 'state.type', 'a class'],
    ['a promise', [Promise.resolve()], 'state[0]', 'a Promise'],
    ['a symbol', { mark: Symbol('x') }, 'state.mark', 'a symbol'],
    ['a class instance', new Session(), 'state', 'a Session'],
    ['an instance as a value of a map', new Map([['a b', { s: new Session() }]]), 'state.get("a b").s', 'a Session'],
    [
      'an instance as a key of a map',
      new Map<unknown, unknown>([
        [1, 1],
        [new Session(), 1],
      ]),
      'state.keys()[1]',
      'a Session',
    ],
    ['an instance in a map under an object', new Map([[{}, new Session()]]), 'state.get(...)', 'a Session'],
    ['an instance in a set', { set: new Set([1, new Session()]) }, 'state.set.values()[1]', 'a Session'],
    [
      'an instance as an error’s cause',
      { last: new Error('x', { cause: new Session() }) },
      'state.last.cause',
      'a Session',
    ],
    ['an error of one’s own class', { last: new (class AppError extends Error {})('x') }, 'state.last', 'an AppError'],
    ['a map of one’s own class', { cache: new (class Cache extends Map {})() }, 'state.cache', 'a Cache'],
    ['an array of one’s own class', { list: new (class List extends Array {})() }, 'state.list', 'a List'],
    ['bytes of one’s own class', { bytes: new (class Bytes extends Uint8Array {})(1) }, 'state.bytes', 'a Bytes'],
    ['an instance without a class name', { x: new (class {})() }, 'state.x', 'an instance of a class without a name'],
    ['an object made from another one', { x: Object.create({ inherited: 1 }) }, 'state.x', 'an Object'],
    ['a weak map', { cache: new WeakMap() }, 'state.cache', 'a WeakMap'],
    ['a generator', { it: (function* () {})() }, 'state.it', 'an instance of a class without a name'],
    ['a proxy', { p: new Proxy({}, {}) }, 'state.p', 'a Proxy'],
    ['shared memory', { m: new Uint8Array(new SharedArrayBuffer(1)) }, 'state.m', 'shared memory'],
    ['a property under a symbol', { a: { [Symbol('id')]: 1 } }, 'state.a[Symbol(id)]', 'a property under a symbol'],
    [
      'a function under a name that is no identifier',
      { 'a-b': { '1x': () => {} } },
      'state["a-b"]["1x"]',
      'a function',
    ],
    ['a function in a large array', { list: [...Array(3_000).keys(), () => {}] }, 'state.list[3000]', 'a function'],
    [
      'a function beside an array’s elements',
      { list: Object.assign([1], { find: () => {} }) },
      'state.list.find',
      'a function',
    ],
  ])('%s (faults 48, 49)', (_, state, path, what) => {
    expect(problemOf(state)).toMatchObject({ reason: 'value', path, what })
  })

  test('a getter that throws, with what it threw', () => {
    const thrown = new Error('closed')
    const state = {
      db: {
        get rows() {
          throw thrown
        },
      },
    }
    expect(problemOf(state)).toMatchObject({ path: 'state.db.rows', cause: thrown })
  })

  test('a buffer that was transferred away', () => {
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    expect(problemOf({ a: { buffer } }).path).toBe('state.a.buffer')
  })
})

describe('the size', () => {
  test('is limited before the copy is made (fault 51)', () => {
    const state = { ok: 1, cache: { big: new Uint8Array(100 * 1024 * 1024) } }
    const before = process.memoryUsage().arrayBuffers
    expect(problemOf(state, 64 * 1024 * 1024)).toMatchObject({ reason: 'size', path: 'state.cache.big' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024)
  })

  test.each([
    ['text', 'x'.repeat(1_000_000), 2_000_000],
    ['numbers', Array.from({ length: 100_000 }, (_, index) => index), 800_000],
    ['binary data', { bytes: new Uint8Array(1_000_000) }, 1_000_000],
    ['objects', Array.from({ length: 10_000 }, (_, index) => ({ index })), 560_000],
  ])('of %s is about what it takes', (_, state, bytes) => {
    expect(cloneState(state).bytes).toBeGreaterThanOrEqual(bytes)
    expect(cloneState(state).bytes).toBeLessThan(bytes * 1.2)
  })

  test('at the limit is allowed', () => {
    const state = { list: ['a', 'b'] }
    const { bytes } = cloneState(state)
    expect(cloneState(state, bytes).copy).toEqual(state)
    expect(problemOf(state, bytes - 1).reason).toBe('size')
  })
})

/** The objects that can be reached from both. */
function sharedObjects(one: unknown, other: unknown): object[] {
  const ofOne = reachable(one)
  return [...reachable(other)].filter((object) => ofOne.has(object))
}

function reachable(root: unknown): Set<object> {
  const found = new Set<object>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || found.has(value)) return
    found.add(value)
    if (value instanceof Map || value instanceof Set) for (const each of value) visit(each)
    if (ArrayBuffer.isView(value)) visit(value.buffer)
    else for (const each of Object.values(value)) visit(each)
  }
  visit(root)
  return found
}
