// What a plugin does with its own part of `context.state`.
import { PassThrough } from 'node:stream'
import { describe, expect, it, test } from 'vitest'
import { StatePreserver } from '../src/index.ts'
import { never, opened, rejection, sleep, thrown } from './keeping.ts'

interface Count {
  count: number
}
const counter = () => opened<Count>({ state: { initial: { count: 0 } } })

describe('the value', () => {
  it('is what the metadata says until it is set, and its own: what the metadata holds is not frozen', () => {
    const initial = { count: 0, list: [1] }
    const { state } = opened<typeof initial>({ state: { initial } })
    expect(state.value).toEqual({ count: 0, list: [1] })
    expect(state.value).toBe(state.value)
    initial.list.push(2)
    expect(state.value.list).toEqual([1])
    expect(opened().state.value).toBeUndefined()
  })

  it('is frozen deeply', async () => {
    const { state } = opened<{ list: { name: string }[] }>({ state: { initial: { list: [{ name: 'a' }] } } })
    const isFixed = () => {
      expect(() => state.value.list.push({ name: 'b' })).toThrow(TypeError)
      expect(() => Object.assign(state.value.list[0] as object, { name: 'b' })).toThrow(TypeError)
      expect(() => Object.assign(state.value, { more: 1 })).toThrow(TypeError)
    }
    isFixed()
    state.set({ list: [{ name: 'a' }] })
    isFixed()
    expect(Object.isFrozen(await state.update(() => ({ list: [{ name: 'a' }] })))).toBe(true)
    isFixed()
    expect(state.value).toEqual({ list: [{ name: 'a' }] })
    const large = opened<number[]>({ state: { initial: Array.from({ length: 5000 }, (_, index) => index) } }).state
    expect(() => large.value.push(1)).toThrow(TypeError)
    large.set(large.value.map((each) => each / 2))
    expect(() => large.value.reverse()).toThrow(TypeError)
  })

  it.each<[string, () => object, (held: never) => unknown]>([
    ['a Map', () => new Map([['a', 1]]), (map: Map<string, number>) => map.set('b', 2)],
    ['a Set', () => new Set([1]), (set: Set<number>) => set.add(2)],
    ['a Date', () => new Date(0), (date: Date) => date.setTime(1)],
    ['a typed array', () => new Uint8Array([1]), (bytes: Uint8Array) => bytes.fill(2)],
    ['a Buffer', () => Buffer.from([1]), (bytes: Buffer) => bytes.fill(2)],
    ['a regular expression', () => /a/g, (pattern: RegExp) => pattern.test('a')],
    ['an array of a thousand Maps', () => [new Map([['a', 1]])], (maps: [Map<string, number>]) => maps[0].clear()],
  ])('is a copy each time it is read where it has %s, which freezing does not protect', async (_, make, change) => {
    const { state } = opened<{ held: object }>({ state: { initial: { held: make() } } })
    const given: object[] = []
    state.watch(({ held }) => void given.push(held))
    const isAsMade = () => {
      change(state.value.held as never)
      for (const held of given.splice(0)) change(held as never)
      expect(state.value.held).toEqual(make())
    }
    isAsMade()
    const held = make()
    state.set({ held })
    change(held as never)
    isAsMade()
    change((await state.update(() => ({ held: make() }))).held as never)
    isAsMade()
  })

  it('that is set is copied: who set it may go on with what is theirs (fault 50)', () => {
    const { state } = opened<{ list: number[] }>()
    const mine = { list: [1] }
    state.set(mine)
    mine.list.push(2)
    expect(state.value).toEqual({ list: [1] })
  })

  class Session {}
  it.each<[string, unknown, string]>([
    ['a function', { on: { close: () => {} } }, 'state.on.close is a function'],
    ['a promise', { jobs: [Promise.resolve()] }, 'state.jobs[0] is a Promise'],
    ['a socket', { socket: new PassThrough() }, 'state.socket is a PassThrough'],
    ['an instance of a class', new Map([['a', new Session()]]), 'state.get("a") is a Session'],
  ])('that has %s is refused with its path, and the one before stays (faults 48, 49)', async (_, value, told) => {
    const { state } = opened<unknown>({ state: { initial: 1 } })
    const set = thrown(() => state.set(value))
    expect(set).toMatchObject({ code: 'CFP_STATE_NOT_CLONEABLE', plugin: 'counter', phase: 'state' })
    expect(set.message).toContain(told)
    expect((await rejection(state.update(() => value))).message).toBe(set.message)
    expect(state.value).toBe(1)
  })

  it('that takes too much is refused, and the one before stays (fault 51)', async () => {
    const { state } = opened<unknown>({}, {}, new StatePreserver({ maxBytes: 1000 }))
    state.set('small')
    expect(thrown(() => state.set({ text: 'x'.repeat(600) }))).toMatchObject({ code: 'CFP_STATE_TOO_LARGE' })
    const error = await rejection(state.update(() => ({ text: 'x'.repeat(600) })))
    expect(error.message).toContain('takes more than 1000 bytes, which is passed at state.text')
    expect(state.value).toBe('small')
  })

  it('that metadata begins with is checked as well', () => {
    const error = thrown(() => opened({ state: { initial: { close: () => {} } } }))
    expect(error).toMatchObject({ code: 'CFP_STATE_NOT_CLONEABLE' })
    expect(error.message).toContain('the initial state in its metadata to something that cannot be kept: state.close')
  })
})

describe('an update', () => {
  it('changes the copy that it is given, or returns another value; sync, async, of plain values too', async () => {
    const { state } = counter()
    expect(await state.update((draft) => void draft.count++)).toEqual({ count: 1 })
    expect(await state.update(async (draft) => void (await Object.assign(draft, { count: 5 })))).toEqual({ count: 5 })
    expect(await state.update(({ count }) => ({ count: count + 1 }))).toEqual({ count: 6 })
    expect(await state.update(async ({ count }) => ({ count: count + 1 }))).toEqual({ count: 7 })
    expect(state.value).toEqual({ count: 7 })
    const plain = opened<number>({ state: { initial: 1 } }).state
    expect(await plain.update((one) => one + 1)).toBe(2)
  })

  it('takes effect at once where nobody has the part and it is synchronous', () => {
    const { state } = counter()
    void state.update((draft) => void draft.count++)
    expect(state.value.count).toBe(1)
  })

  it('that throws or rejects leaves the value as it was, and is told what it threw', async () => {
    const { state } = counter()
    const error = new Error('no')
    const fail = (draft: Count) => {
      draft.count = 9
      throw error
    }
    expect(await rejection(state.update(fail))).toBe(error)
    expect(await rejection(state.update(async (draft) => fail(draft)))).toBe(error)
    expect(state.value).toEqual({ count: 0 })
    expect(await state.update((draft) => void draft.count++)).toEqual({ count: 1 })
  })

  it('has its turn after those that were asked for before it, and sees what they made', async () => {
    const { state } = opened<number[]>({ state: { initial: [] } })
    const times = [5, 0, 3, 0, 1]
    const updates = times.map((ms, index) =>
      state.update(async (draft) => {
        await sleep(ms)
        draft.push(index)
      }),
    )
    const last = state.update((draft) => void draft.push(5))
    expect((await Promise.all(updates)).map(({ length }) => length)).toEqual([1, 2, 3, 4, 5])
    expect(await last).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('that hangs gives the part back, and what it comes to is dropped', async () => {
    const { state } = counter()
    let wake = () => {}
    const hung = state.update(
      async (draft) => {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        draft.count = 99
      },
      { timeoutMs: 20 },
    )
    const next = state.update((draft) => void draft.count++)
    const error = await rejection(hung)
    expect(error).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT', plugin: 'counter' })
    expect(error.message).toContain('within 20 ms: its change did not end. What that comes to is dropped.')
    expect(await next).toEqual({ count: 1 })
    wake()
    await sleep(1)
    expect(state.value).toEqual({ count: 1 })
  })

  it('that does not get its turn in time says so, and those behind it get theirs', async () => {
    const { state } = counter()
    const first = state.update(() => never(), { timeoutMs: 60 })
    const second = state.update(() => ({ count: 50 }), { timeoutMs: 10 })
    const third = state.update((draft) => void draft.count++)
    expect((await rejection(second)).message).toContain('within 10 ms: others had it')
    expect(await rejection(first)).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT' })
    expect(await third).toEqual({ count: 1 })
  })

  it('is given up by its signal: before it begins, while it waits, and while it changes', async () => {
    const { state } = counter()
    const gone = AbortSignal.abort(new Error('gone'))
    const before = await rejection(state.update((draft) => void draft.count++, { signal: gone }))
    expect(before).toMatchObject({ code: 'CFP_STATE_ABORTED', cause: gone.reason })
    const changing = new AbortController()
    const waiting = new AbortController()
    const first = state.update(() => never(), { signal: changing.signal })
    const second = state.update((draft) => void draft.count++, { signal: waiting.signal })
    const third = state.update(({ count }) => ({ count: count + 10 }))
    waiting.abort(new Error('not any more'))
    expect((await rejection(second)).message).toContain('gave up updating its state: not any more')
    changing.abort(new Error('enough'))
    expect(await rejection(first)).toMatchObject({ code: 'CFP_STATE_ABORTED' })
    expect(await third).toEqual({ count: 10 })
  })

  it.each<[string, unknown, object]>([
    ['something else than a function', 7, {}],
    ['a bound of nothing', () => {}, { timeoutMs: 0 }],
    ['a bound that is no number', () => {}, { timeoutMs: Number.NaN }],
  ])('with %s is refused', async (_, change, options) => {
    const { state } = counter()
    expect(await rejection(state.update(change as never, options))).toMatchObject({ code: 'CFP_STATE_ARGUMENT' })
    expect(state.value).toEqual({ count: 0 })
  })
})

describe('a change that asks for its own part', () => {
  it('is told so, not left to wait for itself: at once, later, and from a function far down', async () => {
    const { state } = counter()
    const ask = () => state.update((draft) => void draft.count++)
    const far = async () => {
      await sleep(1)
      const deeper = async () => {
        await sleep(1)
        return Promise.all([ask()])
      }
      await deeper()
    }
    for (const change of [() => ask() as never, async () => void (await ask()), async () => void (await far())]) {
      const error = await rejection(state.update(change, { timeoutMs: 2000 }))
      expect(error).toMatchObject({ code: 'CFP_STATE_REENTRANT' })
      expect(error.message).toContain('Change the draft')
    }
    expect(await state.update((draft) => void draft.count++)).toEqual({ count: 1 })
  })

  it('in a way that no stack tells ends with its bound', async () => {
    const { state } = counter()
    const ask = () => state.update((draft) => void draft.count++)
    const change = () => new Promise<never>((resolve) => setTimeout(() => resolve(ask() as never), 1))
    expect(await rejection(state.update(change, { timeoutMs: 30 }))).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT' })
  })

  it('is not what code is that was given up, and asks while another change has the part', async () => {
    const { state } = counter()
    let wake = () => {}
    let asked: Promise<unknown> | undefined
    const hung = state.update(
      async () => {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        asked = state.update((draft) => void draft.count++)
        await asked
      },
      { timeoutMs: 5 },
    )
    expect(await rejection(hung)).toMatchObject({ code: 'CFP_STATE_UPDATE_TIMEOUT' })
    const other = state.update(() => sleep(5))
    wake()
    await other
    expect(await asked).toEqual({ count: 1 })
  })

  it('is not what others are that ask meanwhile, nor one that asks for another plugin’s', async () => {
    const { state } = counter()
    const other = counter().state
    let begun = () => {}
    const isUnderWay = new Promise<void>((resolve) => {
      begun = resolve
    })
    const outer = state.update(async (draft) => {
      begun()
      await sleep(5)
      draft.count += (await other.update((theirs) => void theirs.count++)).count
    })
    await isUnderWay
    const meanwhile = state.update(({ count }) => ({ count: count + 10 }))
    expect([await outer, await meanwhile]).toEqual([{ count: 1 }, { count: 11 }])
  })
})

describe('set', () => {
  it('is refused while an update has the part, and allowed again after it', async () => {
    const { state } = counter()
    const updating = state.update(async (draft) => {
      await sleep(5)
      draft.count++
    })
    const error = thrown(() => state.set({ count: 50 }))
    expect(error).toMatchObject({ code: 'CFP_STATE_LOCKED' })
    expect(error.message).toBe(
      'Plugin "counter" set its state while an update or a transaction had it. Use update(), which waits.',
    )
    await updating
    expect(state.value).toEqual({ count: 1 })
    state.set({ count: 50 })
    expect(state.value).toEqual({ count: 50 })
  })
})

describe('a listener', () => {
  it('is told each new value after it is in place, in order, until its undo', async () => {
    const { state } = counter()
    const told: unknown[] = []
    const undo = state.watch((value) => void told.push([value.count, state.value.count]))
    state.set({ count: 1 })
    await Promise.all([2, 3].map((count) => state.update(async () => ({ count }))))
    await rejection(state.update(() => Promise.reject(new Error('no'))))
    undo()
    undo()
    state.set({ count: 4 })
    expect(told).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('that throws or rejects hurts neither the change nor the others, and is reported', async () => {
    const { state, reports } = counter()
    const told: number[] = []
    state.watch(() => {
      throw new Error('thrown')
    })
    state.watch(() => Promise.reject(new Error('rejected')))
    state.watch(({ count }) => void told.push(count))
    state.set({ count: 1 })
    await state.update((draft) => void draft.count++)
    expect(told).toEqual([1, 2])
    await sleep(0)
    expect(reports.toSorted()).toEqual([
      'a listener of its state: rejected',
      'a listener of its state: rejected',
      'a listener of its state: thrown',
      'a listener of its state: thrown',
    ])
  })

  it('may change the part itself: all are told of both, in order', () => {
    const { state } = counter()
    const told: number[] = []
    state.watch(({ count }) => {
      if (count === 1) state.set({ count: 2 })
    })
    state.watch(({ count }) => void told.push(count))
    state.set({ count: 1 })
    expect(told).toEqual([1, 2])
  })

  it('that answers each change with another keeps nobody else from anything', async () => {
    const { state } = counter()
    let told = 0
    const undo = state.watch(({ count }) => {
      told++
      state.set({ count: count + 1 })
    })
    state.set({ count: 1 })
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBeGreaterThan(1000)
    undo()
    await new Promise((resolve) => setImmediate(resolve))
    const before = told
    state.set({ count: 0 })
    expect([told, state.value.count]).toEqual([before, 0])
  })

  it('must be a function', () => {
    expect(thrown(() => counter().state.watch(1 as never))).toMatchObject({ code: 'CFP_STATE_ARGUMENT' })
  })
})

test('every member works destructured', async () => {
  const { set, update, watch, transaction } = counter().state
  const told: number[] = []
  watch(({ count }) => void told.push(count))
  set({ count: 1 })
  await update((draft) => void draft.count++)
  await transaction((state) => state.set({ count: 3 }))
  expect(told).toEqual([1, 2, 3])
})
