// The instance of one generation, and the calls of its hooks, each within its bound.
import { isThenable, type PluginError, type PluginInstance, type PluginRecord } from '@cf-plugins/plugin-api'
import { type Adopter, adopt } from './adopt.ts'
import { failureOf, startCancelled } from './failures.ts'
import { callHook, type HookCaller, PendingHook, type TimedHook, type Waiter } from './hook-call.ts'
import type { PluginHost } from './host.ts'

/** Whose instance it is. */
export interface InstanceOwner extends Adopter {
  readonly host: PluginHost
  readonly slot: { countZombie(code: unknown): void }
  /** Makes the instance, where it is to run. */
  register(): unknown
  /** Brings kept state of another version into this one's; nothing to wait for where there is none. */
  migrate(instance: PluginInstance, limit: HookLimit): void | PromiseLike<void>
}

/** Who waits for a start, and what that took so far, in milliseconds. */
export interface StartWaiter extends Waiter {
  startedMs: number
  registerMs: number
  setupMs: number
}

/** What is left for a hook, in milliseconds, where that is less than its own bound. */
export type HookLimit = (() => number) | undefined

/** Hooks of an instance that runs. */
export type CalledHook = 'onEnable' | 'onDisable' | 'onReload' | 'onConfigChange' | 'health'

/** Makes the one instance of a generation, sets it up and tears it down, and knows what each of that took. */
export class InstanceHooks implements HookCaller {
  readonly #of: InstanceOwner
  #instance: PluginInstance | undefined
  #pending: PendingHook | undefined
  /** While it starts. */
  #start: StartWaiter | undefined
  #setupBegan = false

  constructor(owner: InstanceOwner) {
    this.#of = owner
  }

  get name(): string {
    return this.#of.name
  }

  get record(): PluginRecord {
    return this.#of.record
  }

  get host(): PluginHost {
    return this.#of.host
  }

  /** Nothing until `register` has returned. */
  get instance(): PluginInstance | undefined {
    return this.#instance
  }

  /**
   * Makes the instance, then calls its `setup`. Whether it is up at once: else the waiter is told when it is.
   *
   * @throws why it is not, where it is told at once
   */
  start(waiter: StartWaiter, limit: HookLimit): boolean {
    this.#start = waiter
    const nowMs = performance.now()
    waiter.startedMs = nowMs
    const registered = callHook(this, 'register', () => this.#of.register(), limit?.(), nowMs)
    if (!(registered instanceof PendingHook)) {
      return this.#setUp(registered, waiter, limit, nowMs + waiter.registerMs)
    }
    this.#pending = registered
    registered.wait({
      done: (result) => attempt(() => this.#setUp(result, waiter, limit), waiter),
      failed: (error) => waiter.failed(error),
    })
    return false
  }

  /** Calls a hook, where the instance has it. @throws what it threw, said whose it is */
  async call(hook: CalledHook, limitMs?: number, ...args: readonly unknown[]): Promise<unknown> {
    const instance = this.#instance
    if (!instance || typeof instance[hook] !== 'function') return undefined
    return this.#run(hook, () => instance[hook]?.(...(args as [never, never])), limitMs)
  }

  /** Whether the instance has a hook. */
  has(hook: CalledHook): boolean {
    return typeof this.#instance?.[hook] === 'function'
  }

  /** Calls a hook besides whatever else is called, where the instance has it. @throws what it threw, said whose it is */
  async ask(hook: 'health'): Promise<unknown> {
    const instance = this.#instance
    if (typeof instance?.[hook] !== 'function') return undefined
    const { name, record, host } = this
    const result = callHook({ name, record, host, hookEnded() {} }, hook, () => instance[hook]?.())
    return result instanceof PendingHook ? result.ended : result
  }

  /** Calls `teardown` if `setup` began. Never throws, never rejects: what went wrong is added to `problems`. */
  tearDown(limitMs: number, problems: PluginError[]): unknown {
    const instance = this.#instance
    if (!this.#setupBegan || typeof instance?.teardown !== 'function') return undefined
    let result: unknown
    const fail = (error: unknown) => {
      const failure = failureOf(this, 'teardown', error)
      if (failure.code === 'CFP_TEARDOWN_TIMEOUT') this.#of.slot.countZombie(result)
      problems.push(failure)
    }
    const teardown = () => {
      result = instance.teardown?.()
      return result
    }
    try {
      const ended = this.#run('teardown', teardown, limitMs)
      return isThenable(ended) ? ended.then(undefined, fail) : undefined
    } catch (error) {
      return fail(error)
    }
  }

  /** Waits no longer for the hook that runs: the start was cancelled. */
  giveUp(reason: unknown): void {
    this.#pending?.giveUp(startCancelled(this.name, reason))
  }

  /** Notes that a hook is over, however it ended. */
  hookEnded(hook: TimedHook, nowMs: number): void {
    this.#pending = undefined
    const start = this.#start
    if (!start) return
    if (hook === 'register') start.registerMs = nowMs - start.startedMs
    else if (hook === 'setup') {
      start.setupMs = nowMs - start.startedMs - start.registerMs
      this.#start = undefined
    }
  }

  /** @param sinceMs when it begins, where the clock has just been read */
  #setUp(registered: unknown, waiter: StartWaiter, limit: HookLimit, sinceMs?: number): boolean {
    const instance = adopt(this.#of, registered)
    this.#instance = instance
    // An instance without `setup` is up as well: what `register` opened, its `teardown` closes.
    if (typeof instance.setup !== 'function') this.#setupBegan = true
    const migrated = this.#of.migrate(instance, limit)
    if (!isThenable(migrated)) return this.#callSetup(instance, waiter, limit, sinceMs)
    migrated.then(
      () => attempt(() => this.#callSetup(instance, waiter, limit), waiter),
      (error) => waiter.failed(error),
    )
    return false
  }

  #callSetup(instance: PluginInstance, waiter: StartWaiter, limit: HookLimit, sinceMs?: number): boolean {
    this.#setupBegan = true
    if (typeof instance.setup !== 'function') {
      this.#start = undefined
      return true
    }
    const result = callHook(this, 'setup', () => instance.setup?.(), limit?.(), sinceMs)
    if (!(result instanceof PendingHook)) return true
    this.#pending = result
    result.wait(waiter)
    return false
  }

  /** Calls a hook, and keeps its wait where there is one, so that it can be given up. */
  #run(hook: TimedHook, task: () => unknown, limitMs: number | undefined): unknown {
    const result = callHook(this, hook, task, limitMs)
    if (!(result instanceof PendingHook)) return result
    this.#pending = result
    return result.ended
  }
}

/** Goes on with a start that has waited for something. */
export function attempt(begin: () => boolean, waiter: Waiter): void {
  let isUp: boolean
  try {
    isUp = begin()
  } catch (error) {
    waiter.failed(error)
    return
  }
  if (isUp) waiter.done(undefined)
}
