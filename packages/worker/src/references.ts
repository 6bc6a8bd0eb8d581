// What of one side the other can call or hear, and the other way round: functions and signals, which have no clone.
import { PluginError } from '@cf-plugins/plugin-api'
import { isError, packThrown, type Thrown, unpackThrown } from './error-data.ts'
import type { WireType } from './link.ts'
import { type CallOptions, markRemote, remoteOf } from './remote.ts'
import { type PartMaker, pack, unpack, type WirePart } from './wire-value.ts'

/** Any function. */
export type AnyFunction = (...args: readonly unknown[]) => unknown

/** What references need of the link that they are of. */
export interface ReferenceOwner {
  readonly plugin: string | undefined
  invoke(target: number, args: readonly unknown[], options: CallOptions): Promise<unknown>
  /** A thread's: calls, and waits. */
  readonly invokeSync: ((target: number, args: readonly unknown[]) => unknown) | undefined
  released(id: number): void
  aborted(id: number, reason: Thrown): void
}

/** What one call took along, or brought: let go of when it is over. */
export type Scope = { readonly functions: number[]; readonly signals: number[] }

type SignalData = { readonly id: number } | { readonly reason: Thrown }

/** The functions and signals of a link. */
export class References {
  readonly #owner: ReferenceOwner
  readonly #types: readonly WireType[]
  readonly #functions = new Map<number, AnyFunction>()
  readonly #signals = new Map<number, () => void>()
  readonly #controllers = new Map<number, AbortController>()
  readonly #collected: FinalizationRegistry<number>
  #ids = 0

  constructor(owner: ReferenceOwner, types: readonly WireType[] = []) {
    this.#owner = owner
    this.#types = types
    this.#collected = new FinalizationRegistry((id) => owner.released(id))
  }

  /** How many functions and signals are known to the other side, or from it. */
  get size(): number {
    return this.#functions.size + this.#signals.size + this.#controllers.size
  }

  /**
   * Makes what goes to the other side in the place of values that have no clone.
   *
   * @param scope what is to be let go of with it; without one, a function is kept until the other side has no use for it
   * @param isWaited whether functions are called by a thread that waits
   */
  maker(scope?: Scope, isWaited = false): PartMaker {
    return {
      isPart: (value) => this.#isPart(value),
      part: (value) => this.#part(value, scope, isWaited),
    }
  }

  /** Puts what came from the other side into its values. */
  unpack(values: unknown[], parts: readonly WirePart[] | undefined, scope: Scope | undefined): unknown[] {
    return unpack(values, parts, (kind, data) => this.#made(kind, data, scope))
  }

  /** @throws `CFP_WORKER_ENDED` where the function is nobody's any more */
  functionOf(id: number): AnyFunction {
    const known = this.#functions.get(id)
    if (known) return known
    throw new PluginError(
      'CFP_WORKER_ENDED',
      'A function was called in another thread after the call was over that it was an argument of. Call it before that call is answered.',
      { plugin: this.#owner.plugin },
    )
  }

  /** The other side has no use for it any more. */
  release(id: number): void {
    this.#functions.delete(id)
  }

  /** Of a call that is over: what it sent. */
  forget({ functions, signals }: Scope): void {
    for (const id of functions) this.#functions.delete(id)
    for (const id of signals) this.#signals.get(id)?.()
  }

  /** Of a call that is over: what it was given. */
  drop({ signals }: Scope): void {
    for (const id of signals) this.#controllers.delete(id)
  }

  /** A signal that came from the other side is aborted there. */
  abort(id: number, reason: Thrown): void {
    const controller = this.#controllers.get(id)
    this.#controllers.delete(id)
    controller?.abort(unpackThrown(reason))
  }

  /** Lets go of everything. */
  clear(): void {
    this.#functions.clear()
    for (const undo of this.#signals.values()) undo()
    this.#controllers.clear()
  }

  #isPart(value: object): boolean {
    for (const type of this.#types) if (type.is(value)) return true
    return value instanceof AbortSignal || isError(value)
  }

  #part(value: object, scope: Scope | undefined, isWaited: boolean): readonly [string, unknown] | undefined {
    const type = this.#types.find((each) => each.is(value))
    if (type !== undefined) {
      const { values, parts } = pack([type.pack(value)], this.maker(scope, isWaited))
      return ['type', [type.tag, values, parts]]
    }
    if (typeof value === 'function') return this.#functionPart(value as AnyFunction, scope, isWaited)
    if (value instanceof AbortSignal) return ['signal', this.#offerSignal(value, scope)]
    return isError(value) ? ['error', packThrown(value)] : undefined
  }

  #functionPart(fn: AnyFunction, scope: Scope | undefined, isWaited: boolean): readonly [string, unknown] {
    const remote = remoteOf(fn)
    if (remote?.link === this.#owner) return ['home', remote.id]
    const id = ++this.#ids
    this.#functions.set(id, fn)
    scope?.functions.push(id)
    return [isWaited ? 'waited' : scope ? 'function' : 'lasting', id]
  }

  #offerSignal(signal: AbortSignal, scope: Scope | undefined): SignalData {
    if (signal.aborted) return { reason: packThrown(signal.reason) }
    const id = ++this.#ids
    const aborted = () => {
      this.#signals.delete(id)
      this.#owner.aborted(id, packThrown(signal.reason))
    }
    signal.addEventListener('abort', aborted, { once: true })
    this.#signals.set(id, () => {
      this.#signals.delete(id)
      signal.removeEventListener('abort', aborted)
    })
    scope?.signals.push(id)
    return { id }
  }

  #made(kind: string, data: unknown, scope: Scope | undefined): unknown {
    if (kind === 'error') return unpackThrown(data as Thrown)
    if (kind === 'home') return this.#functions.get(data as number) ?? (() => this.functionOf(data as number)())
    if (kind === 'signal') return this.#signal(data as SignalData, scope)
    if (kind === 'type') {
      const [tag, values, parts] = data as [string, unknown[], readonly WirePart[] | undefined]
      return this.#types.find((type) => type.tag === tag)?.unpack(this.unpack(values, parts, scope)[0])
    }
    return this.#remote(data as number, kind)
  }

  #signal(data: SignalData, scope: Scope | undefined): AbortSignal {
    if ('reason' in data) return AbortSignal.abort(unpackThrown(data.reason))
    const controller = new AbortController()
    this.#controllers.set(data.id, controller)
    scope?.signals.push(data.id)
    return controller.signal
  }

  #remote(id: number, kind: string): AnyFunction {
    const owner = this.#owner
    const call = (args: readonly unknown[], options: CallOptions) => owner.invoke(id, args, options)
    const { invokeSync } = owner
    const fn: AnyFunction =
      kind === 'waited' && invokeSync ? (...args) => invokeSync(id, args) : (...args) => call(args, {})
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      this.#collected.unregister(fn)
      owner.released(id)
    }
    if (kind !== 'function') this.#collected.register(fn, id, fn)
    return markRemote(fn, { link: owner, id, call, release })
  }
}
