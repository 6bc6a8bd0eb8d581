// The thread of a plugin instance, and those that take its place where it ends: whoever calls need not know which one it is.
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { within } from '@cf-plugins/plugin-api/host'
import { CallReport } from './call-report.ts'
import type { InstanceNotifications, InstanceShape } from './context-ops.ts'
import { EndCount } from './end-count.ts'
import { HostAdditions } from './host-additions.ts'
import { PluginThread, type PluginThreadOwner } from './plugin-thread.ts'
import type { CallOptions } from './remote.ts'
import type { AnswerOf, ArgumentsOf, Asked, LastingCall, ThreadCaller } from './thread-caller.ts'
import { workerChannel } from './thread-message.ts'

/** What a thread that takes another's place is brought to. */
export interface Revival {
  /** Gives the instance in the new thread the state that the one before had. */
  restore(thread: PluginThread, shape: InstanceShape): Promise<void>
  /** The plugin is to be switched off. */
  quarantine(error: PluginError): void
  boundOf(hook: 'registerMs' | 'setupMs'): number
}

/** How long a thread may take to end that is asked to, in milliseconds. */
const END_MS = 1_000

export class LastingThread implements ThreadCaller {
  readonly callMs: number
  readonly #of: PluginThreadOwner
  readonly #revival: Revival
  readonly #ends: EndCount
  #newest: PluginThread | undefined
  /** The one that is called; nothing while another has to take its place. */
  #serving: PluginThread | undefined
  #revived: Promise<PluginThread> | undefined
  /** Why there is no thread, and none is coming. */
  #gone: PluginError | undefined
  #isUp = false
  #isEnding = false

  constructor(of: Omit<PluginThreadOwner, 'additions'>, revival: Revival) {
    const { meta } = of.record
    this.#of = { ...of, additions: new HostAdditions(of.context, of.registrations, this) }
    this.#revival = revival
    this.#ends = new EndCount(of.parts.maxEnds)
    this.callMs = meta.worker.callMs ?? of.parts.callMs
  }

  get isThere(): boolean {
    return this.#serving?.worker.alive === true
  }

  /** Starts the first thread, and makes the instance in it. @throws what `register` throws */
  async start(deadlineMs: number): Promise<InstanceShape> {
    const { context } = this.#of
    const thread = this.#make()
    // Before anything that the plugin owns: released in reverse, it is the last to go.
    context.own(() => this.#end())
    context.signal.addEventListener('abort', () => this.#abort(), { once: true })
    const shape = await thread.register({ deadlineMs, what: 'register()', bound: 'timeouts.registerMs' })
    this.#serve(thread)
    return shape
  }

  /** The plugin is set up: from now on another thread takes the place of one that ends. */
  isSetUp(): void {
    this.#isUp = true
  }

  /** After the plugin was switched off for its threads: another try. @throws why that failed */
  async mend(): Promise<void> {
    if (!this.#gone || this.#isEnding) return
    this.#gone = undefined
    this.#ends.clear()
    await this.#replace()
  }

  call<Op extends Asked>(op: Op, args: ArgumentsOf<Op>, call: LastingCall): Promise<AnswerOf<Op>> {
    if (workerChannel.hasSubscribers) return this.#reported(op, args, call)
    const serving = this.#serving
    if (serving?.worker.alive !== true || call.isIdempotent) return this.#call(op, args, call)
    try {
      // Most calls: the promise of the wire as it is, for each one around it costs three turns of the microtask queue.
      return serving.ask(op, args(), call)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  tell<Op extends keyof InstanceNotifications>(op: Op, ...args: Parameters<InstanceNotifications[Op]>): void {
    this.#newest?.tell(op, ...args)
  }

  standsFor(stub: object, id: number): void {
    this.#newest?.services.standsFor(stub, id)
  }

  async #reported<Op extends Asked>(op: Op, args: ArgumentsOf<Op>, call: LastingCall): Promise<AnswerOf<Op>> {
    const report = new CallReport(this.#of, call.what)
    try {
      const result = await this.#call(op, args, call, report)
      report.answered()
      return result
    } catch (error) {
      report.answered(error)
      throw error
    }
  }

  async #call<Op extends Asked>(
    op: Op,
    args: ArgumentsOf<Op>,
    { isIdempotent, ...options }: LastingCall,
    report?: CallReport,
  ): Promise<AnswerOf<Op>> {
    const untilMs = performance.now() + (options.deadlineMs ?? this.callMs)
    const left = () => ({ ...options, deadlineMs: Math.max(1, Math.round(untilMs - performance.now())) })
    const ask = (thread: PluginThread, given: CallOptions) => {
      report?.sent(thread.worker.threadId)
      return thread.ask(op, args(), given)
    }
    const serving = this.#serving
    const isThere = serving?.worker.alive === true
    if (isThere && !isIdempotent) return ask(serving, options)
    const thread = isThere ? serving : await this.#next(left())
    try {
      return await ask(thread, left())
    } catch (error) {
      if (!isIdempotent || thread.worker.alive || !isEnd(error)) throw error
    }
    return ask(await this.#next(left()), left())
  }

  #make(): PluginThread {
    const thread: PluginThread = new PluginThread(this.#of, () => thread === this.#newest)
    this.#newest = thread
    return thread
  }

  #serve(thread: PluginThread): void {
    this.#serving = thread
    void thread.worker.ended.then((error) => this.#hasEnded(thread, error))
  }

  #hasEnded(thread: PluginThread, error: PluginError | undefined): void {
    if (thread !== this.#serving) return
    this.#serving = undefined
    // Unread, its stack keeps the thread whose end it tells of.
    void error?.stack
    // Whoever asked it to end, wants no other.
    const why = error ?? this.#error('CFP_WORKER_ENDED', 'has no thread any more: its host ended it.')
    if (error === undefined || this.#isEnding || !this.#isUp) this.#gone ??= why
    else if (this.#ends.add()) this.#giveUp(`its threads ended too often, the last time so: ${why.message}`, why)
    else {
      const { context } = this.#of
      const message = `The thread of plugin "${context.name}" ended, and another takes its place: ${why.message}`
      context.logger.warn({ err: why }, message)
      this.#replace()
    }
  }

  /** Starts another thread, for which calls wait. @throws why there is none */
  #replace(): Promise<PluginThread> {
    const revived = this.#revive().then(
      (thread) => {
        this.#revived = undefined
        this.#serve(thread)
        return thread
      },
      (error) => {
        this.#revived = undefined
        if (!this.#isEnding) this.#giveUp(`no other thread could take its place: ${messageOf(error)}`, error)
        throw this.#gone ?? error
      },
    )
    this.#revived = revived
    // Whoever waits for it hears what became of it.
    revived.catch(() => {})
    return revived
  }

  /** Brings another thread to where the one before was, as far as code and state do. */
  async #revive(): Promise<PluginThread> {
    const { registrations, parts } = this.#of
    const { boundOf } = this.#revival
    registrations.begin()
    const thread = this.#make()
    try {
      const registerMs = parts.startMs + boundOf('registerMs')
      const shape = await thread.register({ deadlineMs: registerMs, what: 'register()' })
      const { service } = await thread.ask('setup', [], { deadlineMs: boundOf('setupMs'), what: 'setup()' })
      await this.#revival.restore(thread, { ...shape, service })
      registrations.settle()
      return thread
    } catch (error) {
      thread.worker.terminate(this.#error('CFP_WORKER_ENDED', 'could not be made anew in another thread.'))
      throw error
    }
  }

  /** The thread that is to come. @throws why none is, `CFP_WORKER_TIMEOUT` */
  async #next({ deadlineMs = this.callMs, signal, what = 'it' }: CallOptions): Promise<PluginThread> {
    // Its end is known of before what became of it.
    const { ended } = this.#serving?.worker ?? {}
    const next = async () => {
      await ended
      if (this.#serving?.worker.alive) return this.#serving
      if (this.#revived) return this.#revived
      throw this.#gone ?? this.#error('CFP_WORKER_ENDED', `was called for ${what}, and its thread had ended.`)
    }
    const late = () => {
      const within = `${Math.round(deadlineMs)} ms`
      return this.#error('CFP_WORKER_TIMEOUT', `did not begin ${what} within ${within}: its thread had to be replaced.`)
    }
    return within(next(), { ms: deadlineMs, signal, late })
  }

  #giveUp(why: string, cause: unknown): void {
    this.#gone = this.#error('CFP_WORKER_UNSTABLE', `was switched off: ${why}. Mend it, and save or enable it.`, cause)
    this.#revival.quarantine(this.#gone)
  }

  /** What the plugin does from now on is nobody's any more, but for its teardown. */
  #abort(): void {
    this.#isEnding = true
    this.#gone ??= this.#error('CFP_WORKER_ENDED', 'was called after its generation had ended.')
    this.#newest?.tell('abort')
    if (this.#newest !== this.#serving) this.#newest?.worker.terminate(this.#gone)
  }

  async #end(): Promise<void> {
    await this.#newest?.worker.end(END_MS)
    // Who has a service of it still, must not keep all of it.
    this.#newest = undefined
    this.#serving = undefined
  }

  #error(code: 'CFP_WORKER_ENDED' | 'CFP_WORKER_TIMEOUT' | 'CFP_WORKER_UNSTABLE', what: string, cause?: unknown) {
    const { meta, source } = this.#of.record
    const { file, generation } = source
    const details = { plugin: meta.name, file, generation, ...(cause !== undefined && { cause }) }
    return new PluginError(code, `Plugin "${meta.name}" ${what}`, details)
  }
}

/** Whether a call failed because its thread ended, and not by itself. */
function isEnd(error: unknown): boolean {
  return (
    error instanceof PluginError && (error.code === 'CFP_WORKER_ENDED' || error.code === 'CFP_WORKER_OUT_OF_MEMORY')
  )
}
