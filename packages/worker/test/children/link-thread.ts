// A thread with the other end of a test's link: it does what it is asked to.
import { setTimeout as delay } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { HotReloadError, PluginError, transfer } from '@cf-plugins/plugin-api'
import { Link, type ServedCall } from '../../src/link.ts'
import { SyncCaller, type SyncChannel } from '../../src/sync-caller.ts'

type AnyFunction = (...args: unknown[]) => unknown

const { port, sync: channel, boundMs } = workerData as { port: never; sync: SyncChannel; boundMs: number }
const kept: AnyFunction[] = []

const ops: Readonly<Record<string, (args: never, call: ServedCall) => unknown>> = {
  echo: ([value]: [unknown]) => value,
  add: ([one, other]: [number, number]) => one + other,
  later: async ([ms, value]: [number, unknown]) => {
    await delay(ms)
    return value
  },
  block: ([ms, value]: [number, unknown]) => {
    const untilMs = performance.now() + ms
    while (performance.now() < untilMs) {}
    return value
  },
  throwing: ([kind]: [keyof typeof errors]) => {
    throw errors[kind]()
  },
  uncloneable: () => ({ rows: [1, { index: new WeakMap() }] }),
  getter: () => ({
    get broken() {
      throw new RangeError('not read')
    },
  }),
  // Functions and signals.
  call: ([fn, ...args]: [AnyFunction, ...unknown[]]) => fn(...args),
  keep: ([fn]: [AnyFunction]) => void kept.push(fn),
  callKept: (args: unknown[]) => kept.at(-1)?.(...args),
  adder: ([one]: [number]) => ({ add: (other: number) => one + other }),
  same: ([fn]: [AnyFunction]) => fn,
  whenAborted: ([signal]: [AbortSignal]) => new Promise((resolve) => onAbort(signal, resolve)),
  ownSignal: (_args, call) => new Promise((resolve) => onAbort(call.signal, resolve)),
  moved: ([bytes]: [Uint8Array<ArrayBuffer>]) => transfer(bytes, [bytes.buffer]),
  references: () => link.references,
  // What it waits for.
  ask: ([op, ...args]: [string, ...unknown[]]) => sync.call(op, args),
  tellThenAsk: ([op, ...args]: [string, ...unknown[]]) => {
    link.notify('told', ['before'])
    return sync.call(op, args)
  },
  askUndo: ([op]: [string]) => {
    const undo = sync.call(op, []) as AnyFunction
    return [undo('once'), undo('again')]
  },
  askWithFunction: ([op]: [string]) => sync.call(op, [(text: string) => `heard ${text}`]),
  askWithSymbol: ([op]: [string]) => sync.call(op, [{ deep: { timer: Symbol('t') } }]),
}

const errors = {
  builtIn: () =>
    Object.assign(new TypeError('not that', { cause: new RangeError('too far') }), { code: 'E_TEST', at: [1] }),
  plugin: () =>
    new HotReloadError('CFP_TEST', 'it failed', { plugin: 'parser', issues: [{ path: 'a', message: 'b' }] }),
  own: () => {
    class ParseError extends Error {
      override readonly name = 'ParseError'
      readonly line = 7
    }
    return new ParseError('unexpected token')
  },
  aggregate: () => new AggregateError([new Error('one'), new PluginError('CFP_TEST', 'two')], 'both'),
  aborted: () => new DOMException('stopped', 'AbortError'),
  text: () => 'only text',
  cyclic: () => {
    const error = new Error('turns')
    error.cause = error
    return error
  },
  full: () => Object.assign(new Error('with a socket'), { socket: { write() {} }, port: 80 }),
}

const link: Link = new Link(port, (op, args, call) => ops[op]?.(args as never, call), {
  plugin: 'parser',
  invokeSync: (target, args) => sync.call(target, args),
})
const sync = new SyncCaller(link, channel, { plugin: 'parser', boundMs })

function onAbort(signal: AbortSignal, resolve: (reason: unknown) => void): void {
  if (signal.aborted) resolve(signal.reason)
  else signal.addEventListener('abort', () => resolve(signal.reason))
}
