// What a plugin in a thread adds to its host, added to the real context: each is a function that calls the thread.
import {
  type HandlerOptions,
  type HookRef,
  type PluginContext,
  PluginError,
  type StatePart,
} from '@cf-plugins/plugin-api'
import type {
  CrossedEventOptions,
  CrossedHandlerOptions,
  CrossedService,
  CrossedStepOptions,
  InvokedPart,
  RegistrationId,
  StatePartAddress,
} from './context-ops.ts'
import { type HandlerKind, packArguments, signalOf, unpackResult } from './handler-arguments.ts'
import { innerMs } from './inner-deadline.ts'
import { LastingService, outlineOf } from './lasting-service.ts'
import type { Addition, Registration, Registrations } from './registrations.ts'
import type { ThreadCaller } from './thread-caller.ts'
import { ThreadEmitter } from './thread-emitter.ts'

type Handler = (...args: unknown[]) => Promise<unknown>
/** What of a handler's options its calls need. */
interface Bounds {
  readonly timeoutMs?: number | undefined
  readonly idempotent?: boolean | undefined
}

/** One a plugin instance: it outlives the threads. */
export class HostAdditions {
  readonly #context: PluginContext
  readonly #registrations: Registrations
  readonly #caller: ThreadCaller

  constructor(context: PluginContext, registrations: Registrations, caller: ThreadCaller) {
    this.#context = context
    this.#registrations = registrations
    this.#caller = caller
  }

  on(id: RegistrationId, event: string, options: CrossedEventOptions | undefined): void {
    const kind = options?.batch ? 'batch' : 'event'
    this.#add(id, {
      what: `its handler of "${event}"`,
      like: options,
      add: (of) => this.#context.on(event, this.#handler(of, kind, options), plain(options) as never),
    })
  }

  hook(id: RegistrationId, hook: string | HookRef, options: CrossedHandlerOptions | undefined, length: number): void {
    const name = typeof hook === 'string' ? hook : hook.name
    const bounds = typeof hook === 'string' ? options : { timeoutMs: hook.options?.timeoutMs, ...options }
    this.#add(id, {
      what: `its handler of the hook "${name}"`,
      like: [hook, options],
      add: (of) => {
        const handler = this.#handler(of, 'hook', bounds)
        // Hooks refuse a handler that has too many parameters.
        Object.defineProperty(handler, 'length', { value: length })
        return this.#context.hooks.on(hook as string, handler, plain(options))
      },
    })
  }

  step(id: RegistrationId, pipeline: string, step: string, options: CrossedStepOptions): void {
    const { hasUndo, ...others } = options
    this.#add(id, {
      what: `its step "${step}" of the pipeline "${pipeline}"`,
      like: options,
      add: (of) => {
        const undo = hasUndo ? { undo: this.#handler(of, 'step', options, 'undo') } : undefined
        const run = this.#handler(of, 'step', options)
        return this.#context.pipeline(pipeline).step(step, run as never, { ...plain(others), ...undo } as never)
      },
    })
  }

  every(id: RegistrationId, intervalMs: number): void {
    const add = (of: Registration) => this.#context.every(intervalMs, () => this.#invoke(of, []))
    this.#add(id, { what: 'its task of every()', like: intervalMs, add })
  }

  after(id: RegistrationId, delayMs: number): void {
    this.#add(id, {
      what: 'its task of after()',
      like: delayMs,
      add: (of) =>
        this.#context.after(delayMs, async () => {
          const { id } = of
          await this.#invoke(of, [])
          if (id !== undefined) this.#registrations.forget(id)
        }),
    })
  }

  /** What a thread that has ended owned, went with it. */
  own(id: RegistrationId): void {
    this.#add(id, {
      what: 'what it owns',
      add: (of) => {
        this.#context.own(() => (of.id === undefined || !this.#caller.isThere ? undefined : this.#invoke(of, [])))
        return undefined
      },
    })
  }

  /** Whether the thread is to attach its listener at once. */
  listen(id: RegistrationId, event: string): boolean {
    const { emitter } = this.#registrations.add(id, {
      what: `its listener of "${event}"`,
      add: (of) => {
        of.emitter = new ThreadEmitter(of, this.#caller)
        const undo = this.#context.listen(of.emitter, event, (token: number) => this.#invoke(of, [token]))
        of.emitter.isTold = true
        return undo
      },
    })
    return emitter?.isAttached ?? false
  }

  watch(id: RegistrationId, part: Pick<StatePart<unknown>, 'watch'>, { shared }: StatePartAddress): void {
    const name = typeof shared === 'object' ? shared.name : shared
    this.#add(id, {
      what: name === undefined ? 'its listener of its state' : `its listener of the state "${name}"`,
      add: (of) => part.watch((value) => this.#invoke(of, [value])),
    })
  }

  /** @throws `CFP_WORKER_UNSUPPORTED` for a service that is made for each plugin, which would have to be there at once */
  provide(id: RegistrationId, service: string, offered: CrossedService | { readonly scope: 'plugin' }): void {
    const what = `its service "${service}"`
    if ('scope' in offered) throw this.#unsupported(service)
    if ('value' in offered) {
      const { value } = offered
      this.#add(id, { what, like: value, add: () => this.#context.provide(service, value) })
      return
    }
    const { shape } = offered
    this.#add(id, {
      what,
      like: outlineOf(shape),
      add: (of) => {
        of.service = new LastingService(what, shape, this.#caller)
        return this.#context.provide(service, of.service.stub)
      },
      again: (of) => of.service?.renew(shape),
    })
  }

  #add(id: RegistrationId, addition: Addition): void {
    this.#registrations.add(id, addition)
  }

  #handler(of: Registration, kind: HandlerKind, options: Bounds | undefined, part: InvokedPart = 'run'): Handler {
    const { callMs } = this.#caller
    const deadlineMs = innerMs(options?.timeoutMs ?? callMs)
    const isIdempotent = options?.idempotent === true && part === 'run'
    const what = part === 'undo' ? `undo of ${of.what}` : of.what
    return async (...args) => {
      const bounds = { deadlineMs, what, isIdempotent, signal: signalOf(kind, args), isPatient: true }
      const packed = packArguments(kind, args)
      return unpackResult(kind, args, await this.#caller.call('invoke', () => [idOf(of), part, packed], bounds))
    }
  }

  #invoke(of: Registration, args: readonly unknown[]): Promise<unknown> {
    return this.#caller.call('invoke', () => [idOf(of), 'run', args], { what: of.what })
  }

  #unsupported(service: string): PluginError {
    const { name, generation } = this.#context
    const what = `offers the service "${service}" with { scope: 'plugin' }, and runs in a thread: who asks would have to wait for it. Offer one for all, whose methods are told who calls.`
    return new PluginError('CFP_WORKER_UNSUPPORTED', `Plugin "${name}" ${what}`, { plugin: name, generation })
  }
}

/** Under which number the thread knows it. @throws where the thread that took the place of an earlier one did not add it */
function idOf({ id, what }: Registration): RegistrationId {
  if (id !== undefined) return id
  throw new PluginError(
    'CFP_WORKER_ENDED',
    `The thread that had ${what} ended, and the one in its place did not add it.`,
  )
}

/** The options without what the thread half sees to: it runs there already. */
function plain<Options extends HandlerOptions>(options: Options | undefined): Options | undefined {
  if (typeof options !== 'object' || options === null) return options
  const { offload: _offload, idempotent: _idempotent, ...others } = options
  return others as Options
}
