// Sync stays sync.
import { isThenable } from '@cf-plugins/plugin-api'

/** Goes on with `next` at once, or after the promise. */
export function chain<T, R>(value: T | PromiseLike<T>, next: (value: T) => R | PromiseLike<R>): R | PromiseLike<R> {
  return isThenable(value) ? (value as PromiseLike<T>).then(next) : next(value as T)
}
