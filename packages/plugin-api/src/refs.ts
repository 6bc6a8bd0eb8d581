// Names of events, hooks and pipelines that carry their types.
import type { RetryOptions } from './handlers.ts'
import type { Awaitable } from './thenable.ts'

declare const TYPE: unique symbol

/** An event's name that carries the type of its payload. */
export interface EventRef<Payload = unknown> {
  readonly name: string
  readonly [TYPE]?: (payload: Payload) => void
}

/**
 * A typed reference to an event, to be exported by whoever emits it.
 *
 * @example
 * export const UserLogin = eventRef<User>('user.login')
 * context.on(UserLogin, (user) => greet(user.name))
 */
export function eventRef<Payload>(name: string): EventRef<Payload> {
  return Object.freeze({ name })
}

/** A pipeline's name that carries the type of what goes through it. */
export interface PipelineRef<Value = unknown> {
  readonly name: string
  readonly [TYPE]?: (value: Value) => Value
}

/** A typed reference to a pipeline. */
export function pipelineRef<Value>(name: string): PipelineRef<Value> {
  return Object.freeze({ name })
}

/**
 * What becomes of the results of a hook's handlers. `series`: called one after the other, all results in order.
 * `parallel`: called together, all results in order. `waterfall`: each gets what the one before it returned as its first argument, and
 * the last result is the hook's. `bail`: the first result that is not `undefined` is the hook's, and ends it. `wrap`: each
 * is given `next`, the handlers after it, as its first argument; the innermost is the caller's own function.
 */
export type HookKind = 'series' | 'parallel' | 'waterfall' | 'bail' | 'wrap'

/** What is said once about a hook, for all its handlers and callers. */
export interface HookRefOptions {
  /** How long each handler may take that says nothing itself, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** @default none */
  readonly retry?: RetryOptions
  /** Failures of its handlers go to the log and to no caller. @default false */
  readonly ignoreErrors?: boolean
  /** The most parameters that a handler may have. @default not checked */
  readonly args?: number
  /**
   * Keeps its calls, the last `true` (100) or so many of them, for handlers that come late: each is called with those that
   * were before it. Not for `wrap`. @default false
   */
  readonly historic?: boolean | number
}

type AnySignature = (...args: never[]) => unknown

/** A hook's name that carries its kind, and its handlers' type. */
export interface HookRef<Signature extends AnySignature = AnySignature, Kind extends HookKind = HookKind> {
  readonly name: string
  readonly kind: Kind
  readonly options: HookRefOptions
  readonly [TYPE]?: Signature
}

type SignatureOf<Ref> = Ref extends HookRef<infer Signature, HookKind> ? Signature : never
type Args<Ref> = Parameters<SignatureOf<Ref>>
type Result<Ref> = Awaited<ReturnType<SignatureOf<Ref>>>

/** What a handler of the hook looks like: sync or async, as it comes. */
export type HookHandlerOf<Ref extends HookRef> = Ref['kind'] extends 'wrap'
  ? (next: (...args: Args<Ref>) => Awaitable<Result<Ref>>, ...args: Args<Ref>) => Awaitable<Result<Ref>>
  : Ref['kind'] extends 'waterfall' | 'bail'
    ? (...args: Args<Ref>) => Awaitable<Result<Ref> | undefined>
    : (...args: Args<Ref>) => Awaitable<Result<Ref>>

/** What the hook is called with; with `sync`, by `callSync`. */
export type HookArguments<Ref extends HookRef, Mode extends 'sync' | 'async' = 'async'> = Ref['kind'] extends 'wrap'
  ? [inner: (...args: Args<Ref>) => Mode extends 'sync' ? Result<Ref> : Awaitable<Result<Ref>>, ...args: Args<Ref>]
  : Args<Ref>

/** What a call of the hook gives. */
export type HookResult<Ref extends HookRef> = Ref['kind'] extends 'series' | 'parallel'
  ? Result<Ref>[]
  : Ref['kind'] extends 'bail'
    ? Result<Ref> | undefined
    : Result<Ref>

function refOf<Kind extends HookKind>(kind: Kind) {
  return <Signature extends AnySignature>(name: string, options: HookRefOptions = {}): HookRef<Signature, Kind> =>
    Object.freeze({ name, kind, options })
}

/**
 * Typed references to hooks, one function a kind, to be exported by whoever calls them.
 *
 * @example
 * export const PageTitle = hookRef.waterfall<(title: string, page: Page) => string>('page.title')
 * context.hooks.on(PageTitle, (title) => title.trim())
 * const title = await context.hooks.call(PageTitle, page.name, page)
 */
export const hookRef = {
  series: refOf('series'),
  parallel: refOf('parallel'),
  waterfall: refOf('waterfall'),
  bail: refOf('bail'),
  wrap: refOf('wrap'),
}
