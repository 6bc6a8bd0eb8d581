// Sync stays sync: one way to call a function that may be either, and to go on with what it gives.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import { invoke } from './hook-call.ts'

/**
 * Calls `fn` and goes on with what it gives: at once where that is no promise, and when it has settled where it is. So a sync
 * function costs no promise and no tick, and nobody needs to know which it is.
 *
 * @param failed gets what `fn` throws, or rejects with, and not what `done` throws @default it is thrown on
 * @returns what `done` or `failed` returns, or a promise of it where `fn` returned one
 * @example
 * const size = callEither(readPage, ['home'], (page) => page.length)   // a number, or a promise of one
 */
export function callEither<Args extends readonly unknown[], T, R, F = never>(
  fn: (...args: Args) => T | PromiseLike<T>,
  args: Args,
  done: (value: T) => R,
  failed?: (error: unknown) => F,
): R | F | Promise<Awaited<R> | Awaited<F>> {
  const call = fn as unknown as HookHandler<readonly unknown[], T | PromiseLike<T>>
  let result: T | PromiseLike<T>
  if (failed === undefined) result = invoke(call, args)
  else {
    try {
      result = invoke(call, args)
    } catch (error) {
      return failed(error)
    }
  }
  if (result === undefined || !isThenable(result)) return done(result as T)
  return Promise.resolve(result).then(done as (value: unknown) => R, failed) as Promise<Awaited<R> | Awaited<F>>
}
