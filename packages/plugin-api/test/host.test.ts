import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { atMost, Deadlines, nearest, type Remaining, shownFile, type Watched, within } from '../src/host.ts'

const late = () => new Error('late')
const never = new Promise<never>(() => {})

/** By way of entries, for a literal with a `then` is nearly always a mistake. */
function thenable(then: (resolve: (value: string) => void, reject: (error: Error) => void) => void) {
  return Object.fromEntries([['then', then]]) as unknown as PromiseLike<string>
}

describe('within', () => {
  it('passes what is no promise as it is', () => {
    expect(within(7, { ms: 0, late })).toBe(7)
    expect(within(undefined, { ms: 0, late, signal: AbortSignal.abort() })).toBeUndefined()
  })

  it('settles as the promise does', async () => {
    const signal = new AbortController().signal
    expect(await within(Promise.resolve(7), { ms: 1000, late, signal })).toBe(7)
    await expect(within(Promise.reject(new Error('own')), { ms: 1000, late, signal })).rejects.toThrow('own')
  })

  it('rejects once the time is over, and drops a rejection that comes later', async () => {
    let fail: (error: Error) => void = () => {}
    const result = new Promise<void>((_resolve, reject) => {
      fail = reject
    })
    await expect(within(result, { ms: 5, late })).rejects.toThrow('late')
    // Vitest fails a run with an unhandled rejection.
    fail(new Error('later'))
    await new Promise((resolve) => setImmediate(resolve))
  })

  it('waits without end where it may', async () => {
    const soon = new Promise((resolve) => setTimeout(resolve, 20, 'value'))
    expect(await within(soon, { ms: Number.POSITIVE_INFINITY, late })).toBe('value')
  })

  it("rejects when the signal aborts, or has aborted, with its reason or with the caller's error", async () => {
    const aborted = (reason: unknown) => new Error(`given up: ${reason}`)
    const controller = new AbortController()
    const waits = [
      within(never, { ms: 1000, late, signal: controller.signal }),
      within(never, { ms: 1000, late, signal: controller.signal, aborted }),
    ]
    controller.abort('why')
    await expect(waits[0]).rejects.toBe('why')
    await expect(waits[1]).rejects.toThrow('given up: why')
    await expect(within(never, { ms: 1000, late, signal: controller.signal })).rejects.toBe('why')
    await expect(within(never, { ms: 1000, late, signal: controller.signal, aborted })).rejects.toThrow('given up: why')
  })

  it('takes the first word of a thenable that calls both of its callbacks, and of one that throws', async () => {
    const both = thenable((resolve, reject) => {
      resolve('first')
      reject(new Error('second'))
    })
    expect(await within(both, { ms: 1000, late })).toBe('first')
    const throwing = thenable(() => {
      throw new Error('thrown')
    })
    await expect(within(throwing, { ms: 1000, late })).rejects.toThrow('thrown')
  })

  it('leaves no timer and no listener behind', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    let listeners = 0
    const signal = new AbortController().signal
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    await within(Promise.resolve(), { ms: 60_000, late, signal })
    expect(listeners).toBe(0)
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')).toHaveLength(before)
  })
})

/** A wait that notes when it is overdue. */
class Wait implements Watched {
  next: Watched | undefined
  previous: Watched | undefined
  overdueMs: number | undefined
  readonly #deadlines: Deadlines
  readonly #limitMs: number
  readonly #fromMs = performance.now()
  #sinceMs: number | undefined

  constructor(deadlines: Deadlines, limitMs: number) {
    this.#deadlines = deadlines
    this.#limitMs = limitMs
    deadlines.watch(this, limitMs)
  }

  look(nowMs: number): Remaining {
    this.#sinceMs ??= nowMs
    const leftMs = this.#sinceMs + this.#limitMs - nowMs
    if (leftMs > 0) return { limitMs: this.#limitMs, leftMs }
    this.overdueMs = nowMs - this.#fromMs
    this.#deadlines.unwatch(this)
    return { limitMs: Number.POSITIVE_INFINITY, leftMs: Number.POSITIVE_INFINITY }
  }
}

const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

describe('deadlines', () => {
  it('are noticed never early, the short one before the long one, with one timer for all', async () => {
    const before = timers()
    const deadlines = new Deadlines()
    const waits = [200, 20, 60, 60].map((ms) => new Wait(deadlines, ms))
    expect(timers()).toBe(before + 1)
    while (waits.some(({ overdueMs }) => overdueMs === undefined))
      await new Promise((resolve) => setTimeout(resolve, 5))
    const [long, short, ...middle] = waits.map(({ overdueMs }) => overdueMs ?? 0) as [number, number, ...number[]]
    expect(short).toBeGreaterThanOrEqual(20)
    for (const each of middle) expect(each).toBeGreaterThanOrEqual(60)
    expect(long).toBeGreaterThanOrEqual(200)
    expect(short).toBeLessThan(long)
  })

  it('of what ended are nothing, and keep no process alive', async () => {
    const before = timers()
    const deadlines = new Deadlines()
    const [first, second, third] = [new Wait(deadlines, 5), new Wait(deadlines, 5), new Wait(deadlines, 5)]
    deadlines.unwatch(second)
    deadlines.unwatch(second)
    while (third.overdueMs === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(first.overdueMs).toBeGreaterThanOrEqual(5)
    expect(second.overdueMs).toBeUndefined()
    const late = new Wait(deadlines, 60_000)
    deadlines.unwatch(late)
    expect(timers()).toBe(before)
  })

  it('may be as far away as anybody likes', async () => {
    const deadlines = new Deadlines()
    const waits = [Number.POSITIVE_INFINITY, 1e15].map((ms) => new Wait(deadlines, ms))
    let looks = 0
    for (const wait of waits) {
      const { look } = wait
      wait.look = (nowMs) => {
        looks++
        return look.call(wait, nowMs)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(looks).toBe(0)
    for (const wait of waits) deadlines.unwatch(wait)
  })
})

describe('nearest', () => {
  it.each([
    ['databse', 'database'],
    ['cahce', 'cache'],
    ['metric', 'metrics'],
    ['cach3', 'cache'],
    ['db', undefined],
    ['something-else', undefined],
  ])('takes %s for %s', (word, meant) => {
    expect(nearest(word, ['cache', 'database', 'metrics'])).toBe(meant)
  })

  it('takes the closest, and of equals the first; a short word for nothing that shares but a letter with it', () => {
    expect(nearest('auth2', ['auth345', 'auth3', 'auth4'])).toBe('auth3')
    expect(nearest('api', ['app', 'cli'])).toBe('app')
    expect(nearest('api', ['cli'])).toBeUndefined()
  })
})

describe('a file', () => {
  it('is shown by its path in the working directory, or whole where it is outside', () => {
    expect(shownFile(resolve('plugins/a.ts'))).toBe(join('plugins', 'a.ts'))
    expect(shownFile(resolve('../elsewhere/a.ts'))).toBe(resolve('../elsewhere/a.ts'))
  })
})

describe('atMost', () => {
  it('ends with the task, and leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await atMost(Promise.resolve(), 60_000)
    await expect(atMost(Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no')
    expect(timers()).toBe(before)
  })

  it('ends with the bound where the task does not', async () => {
    await atMost(never, 1)
    await atMost(never, -1)
  })
})
