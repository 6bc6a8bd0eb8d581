import { isDeepStrictEqual } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cloneState } from '../src/clone-state.ts'
import { type FlatState, flatten, unflatten } from '../src/flat-state.ts'
import { decodeStateFile, encodeStateFile } from '../src/state-file.ts'
import { KeptSnapshot } from '../src/state-snapshot.ts'

const origin = { plugin: 'a', version: 0, enabled: true, takenAt: 0 }

/** What a file does to state. */
function fileTrip<T>(state: T): T {
  const file = Buffer.concat(encodeStateFile(new KeptSnapshot(origin, cloneState(state)), undefined).parts)
  return decodeStateFile(file, { name: 'a', phase: 'readState' }, undefined).snapshot.state as T
}

/** What the table does, also to state that would survive without it. */
const tableTrip = <T>(state: T): T =>
  unflatten(deserialize(serialize(flatten(cloneState(state).copy))) as FlatState) as T

const trips = [fileTrip, tableTrip]

const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])
const sparse = Object.assign(new Array(5), { 3: 'x', name: 'sparse' })

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', -0],
  ['NaN', Number.NaN],
  ['a bigint', -(2n ** 200n)],
  ['a string with half a character', '\ud800x'],
  ['nested plain data', { a: [1, 'two', { three: [null, undefined, Number.NaN, -0] }], empty: {}, none: [] }],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
  ['a key that would set a prototype', JSON.parse('{"__proto__":{"x":1},"constructor":2}')],
  ['an array with holes, and more than elements', sparse],
  ['names with commas', [{ 'a,b': 1, c: 2 }, { a: 1, 'b,c': 2 }, { a: 1, b: 2, c: 3 }, Object.create(null)]],
  ['an array of holes', new Array(3)],
  [
    'a Map with objects as keys, and properties',
    Object.assign(new Map<unknown, unknown>([[{ id: 1 }, new Map([[1, [2]]])]]), { more: true }),
  ],
  ['a Set', new Set([1, 'a', [2], new Set()])],
  ['a Date with properties', Object.assign(new Date(1_234), { zone: 'UTC' })],
  ['a RegExp in the middle of its work', Object.assign(/a(b)?/giu, { lastIndex: 7, more: [1] })],
  ['boxed primitives', [Object(1), Object('a'), Object(true), Object(1n)]],
  ['errors with properties', Object.assign(new TypeError('no', { cause: { a: 1 } }), { code: 'E', at: new Date(1) })],
  ['an AggregateError', new AggregateError([new RangeError('a'), { b: 1 }], 'both')],
  ['an ArrayBuffer', bytes.buffer],
  ['a Buffer', Buffer.from('abc')],
  [
    'views of every kind',
    [
      new Int8Array([-1]),
      new Uint8Array([1]),
      new Uint8ClampedArray([255]),
      new Int16Array([-2]),
      new Uint16Array([2]),
      new Int32Array([-3]),
      new Uint32Array([3]),
      new Float32Array([0.5]),
      new Float64Array([Math.PI]),
      new BigInt64Array([-4n]),
      new BigUint64Array([4n]),
      new DataView(bytes.buffer, 2, 3),
    ],
  ],
  ['a large array of numbers', Array.from({ length: 5_000 }, (_, index) => index / 2)],
  ['numbers and objects side by side', [0, {}, 1, { a: 2 }, 2, [], 3]],
])('a file keeps %s', (_, state) => {
  for (const trip of trips) {
    const back = trip(state)
    expect(isDeepStrictEqual(back, state)).toBe(true)
    expect(back).toStrictEqual(state)
  }
})

test('a file keeps what an equality does not see', () => {
  const state = {
    bare: Object.create(null),
    regExp: Object.assign(/a/g, { lastIndex: 3 }),
    error: new SyntaxError('no', { cause: 1 }),
    aggregate: new AggregateError([1], 'both'),
    date: Object.assign(new Date(5), { zone: 'UTC' }),
    noDate: new Date(Number.NaN),
    buffer: Buffer.from('abc'),
    sparse,
  }
  const back = fileTrip(state)
  expect(Object.getPrototypeOf(back.bare)).toBeNull()
  expect(back.regExp.lastIndex).toBe(3)
  expect(back.error).toBeInstanceOf(SyntaxError)
  expect(back.error.stack).toBe(state.error.stack)
  expect(Object.keys(back.error)).toEqual([])
  expect(back.error.cause).toBe(1)
  expect(back.aggregate).toBeInstanceOf(AggregateError)
  expect(back.aggregate.errors).toEqual([1])
  expect(Object.keys(back.aggregate)).toEqual([])
  expect(back.date.zone).toBe('UTC')
  expect(back.noDate.getTime()).toBeNaN()
  expect(Buffer.isBuffer(back.buffer)).toBe(true)
  expect(Object.keys(back.sparse)).toEqual(['3', 'name'])
  expect(back.sparse).toHaveLength(5)
})

test('a file keeps circles, shared references, and views of one buffer', () => {
  const shared = { n: 1 }
  const first = new Uint8Array(bytes.buffer, 1, 3)
  const state = { a: shared, b: [shared], map: new Map<unknown, unknown>(), first, second: new DataView(bytes.buffer) }
  const circle = state as typeof state & { self?: unknown }
  circle.self = circle
  circle.map.set(circle, circle.map)
  const back = fileTrip(circle)
  expect(back.self).toBe(back)
  expect(back.map.get(back)).toBe(back.map)
  expect(back.a).toBe(back.b[0])
  expect(back.first.buffer).toBe(back.second.buffer)
  expect([back.first.byteOffset, back.first.length, back.first.buffer.byteLength]).toEqual([1, 3, 8])
  back.first[0] = 99
  expect(back.second.getUint8(1)).toBe(99)
})

test('a file keeps a chain of any length', () => {
  let chain: unknown
  for (let depth = 0; depth < 200_000; depth++) chain = { next: chain, depth }
  let back = fileTrip(chain) as { next: unknown; depth: number } | undefined
  let length = 0
  for (; back; back = back.next as typeof back) length++
  expect(length).toBe(200_000)
})

test('a file keeps a long chain whose links are also held by an array', () => {
  const links = Array.from({ length: 20_000 }, (_, at) => ({ at, next: undefined as unknown }))
  for (const [at, link] of links.entries()) link.next = links[at + 1]
  for (const state of [{ chain: links[0], links }, { links, chain: links[0] }, new Map([[links[0], links]])]) {
    const back = fileTrip(state)
    const last = back instanceof Map ? [...back.values()][0]?.at(-1) : back.links.at(-1)
    expect(last).toEqual({ at: 19_999, next: undefined })
  }
})

test('a file keeps circles in what needs no table', () => {
  const shared = { n: 1 }
  const state = { a: shared, b: new Set([shared]), self: undefined as unknown, when: new Date(5) }
  state.self = state
  expect(cloneState(state).isNative).toBe(true)
  const back = fileTrip(state)
  expect(back.self).toBe(back)
  expect(back.b.has(back.a)).toBe(true)
  expect(back.when).toEqual(new Date(5))
})

test('a file keeps any plain data', () => {
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
        withDate: true,
        withUnicodeString: true,
      }),
      (state) => trips.every((trip) => isDeepStrictEqual(trip(state), state)),
    ),
    { numRuns: 300 },
  )
})

test('what no copy is, is not flattened', () => {
  expect(() => flatten({ socket: new (class Socket {})() })).toThrow('only what cloneState() returned')
})
