// Functions of another thread, as they are called from here.

/** How a call into another thread is made. */
export interface CallOptions {
  /** After this the caller is answered, whatever the thread does, in milliseconds. @default no bound but the thread's end */
  readonly deadlineMs?: number | undefined
  /** Aborts the call's signal there; the caller is answered at once. */
  readonly signal?: AbortSignal | undefined
  /** Has an abort told there, and the answer waited for all the same, as who calls a function of its own thread would. @default false */
  readonly isPatient?: boolean | undefined
  /** What the deadline is that of, for messages. @default 'its timeoutMs or worker.callMs' */
  readonly bound?: string | undefined
  /** What is called, for messages: `its handler of "mail.sent"`. */
  readonly what?: string | undefined
}

/** A function of another thread. */
export type RemoteFunction = (...args: unknown[]) => Promise<unknown>

/** What a remote function is behind, on the side where it is called. */
export interface Remote {
  /** Which link's it is. */
  readonly link: object
  readonly id: number
  call(args: readonly unknown[], options: CallOptions): Promise<unknown>
}

const remotes = new WeakMap<object, Remote>()

/** Whether a value is a function of another thread. */
export function isRemote(value: unknown): value is RemoteFunction {
  return typeof value === 'function' && remotes.has(value)
}

/** Calls a function of another thread, with a deadline, a signal and a name for messages; one of this thread is called as it is. */
export function callRemote(
  fn: (...args: never[]) => unknown,
  args: readonly unknown[],
  options: CallOptions,
): Promise<unknown> {
  const remote = remotes.get(fn)
  if (remote) return remote.call(args, options)
  return new Promise((resolve) => resolve((fn as (...args: readonly unknown[]) => unknown)(...args)))
}

/** What is behind a remote function. */
export function remoteOf(value: object): Remote | undefined {
  return remotes.get(value)
}

/** Notes that `fn` calls another thread. */
export function markRemote<T extends object>(fn: T, remote: Remote): T {
  remotes.set(fn, remote)
  return fn
}
