// One way to call what may be sync or async.
import { describe, expect, it } from 'vitest'
import { callEither } from '../src/index.ts'

describe('callEither', () => {
  it('goes on at once with what a sync function gives', () => {
    const add = (a: number, b: number) => a + b
    expect(callEither(add, [1, 2], (sum) => sum * 10)).toBe(30)
    expect(callEither(() => undefined, [], String)).toBe('undefined')
    expect(callEither((...all: number[]) => all.length, [1, 2, 3, 4], String)).toBe('4')
  })

  it('goes on later with what a promise, or anything that can be awaited, comes to', async () => {
    const later = callEither(
      async (a: number) => a + 1,
      [1],
      (n) => n * 10,
    )
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toBe(20)
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what it is about
    const thenable = { then: (done: (n: number) => void) => done(5) }
    expect(
      await callEither(
        () => thenable as PromiseLike<number>,
        [],
        (n) => n * 10,
      ),
    ).toBe(50)
  })

  it('gives what is thrown or rejected to the second function, and not what the first throws', async () => {
    const failed = (error: unknown) => (error as Error).message
    const throws = () => {
      throw new Error('thrown')
    }
    expect(callEither(throws, [], () => 'done', failed)).toBe('thrown')
    expect(
      await callEither(
        () => Promise.reject(new Error('rejected')),
        [],
        () => 'done',
        failed,
      ),
    ).toBe('rejected')
    expect(() => callEither(() => 1, [], throws, failed)).toThrow('thrown')
    await expect(callEither(async () => 1, [], throws, failed)).rejects.toThrow('thrown')
  })

  it('throws and rejects on where there is no second function', async () => {
    const throws = () => {
      throw new Error('thrown')
    }
    expect(() => callEither(throws, [], String)).toThrow('thrown')
    await expect(callEither(() => Promise.reject(new Error('rejected')), [], String)).rejects.toThrow('rejected')
  })
})
