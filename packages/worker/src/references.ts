// What of one side the other can call or hear, and the other way round: functions and signals, which have no clone.
import { PluginError } from '@cf-plugins/plugin-api'
import { AbortFollowers } from './abort-followers.ts'
import { packBuffer, unpackBuffer } from './buffer-data.ts'
import { isError, packThrown, type Thrown, unpackThrown } from './error-data.ts'
import type { WireType } from './link.ts'
import { type CallOptions, markRemote, remoteOf } from './remote.ts'
import type { Scope } from './scope.ts'
import { type PartMaker, pack, unpack, type WirePart } from './wire-value.ts'

/** Any function. */
export type AnyFunction = (...args: readonly unknown[]) => unknown

/** What references need of the link that they are of. */
export interface ReferenceOwner {
  readonly plugin: string | undefined
  /** Read at each use, for a thread knows its own only once it has begun. */
  readonly types: readonly WireType[]
  invoke(target: number, args: readonly unknown[], options: CallOptions): Promise<unknown>
  /** A thread's: calls, and waits. */
  readonly invokeSync: ((target: number, args: readonly unknown[]) => unknown) | undefined
  released(id: number): void
  aborted(id: number, reason: Thrown): void
}

type SignalData = { readonly id: number } | { readonly reason: Thrown }

/** The functions and signals of a link. */
export class References {
  readonly #owner: ReferenceOwner
  readonly #functions = new Map<number, AnyFunction>()
  readonly #signals = new Map<number, () => void>()
  readonly #controllers = new Map<number, AbortController>()
  readonly #followers = new AbortFollowers()
  readonly #collected: FinalizationRegistry<number>
  /** For all that has no scope. */
  readonly #lasting: PartMaker = new Maker(this, undefined, false)
  #ids = 0

  constructor(owner: ReferenceOwner) {
    this.#owner = owner
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
    return scope === undefined && !isWaited ? this.#lasting : new Maker(this, scope, isWaited)
  }

  /** Puts what came from the other side into its values. */
  unpack(values: unknown[], parts: readonly WirePart[] | undefined, scope?: Scope): unknown[] {
    return parts === undefined ? values : unpack(values, parts, (kind, data) => this.#made(kind, data, scope))
  }

  /** See `PartMaker`. */
  isOwn(value: object): boolean {
    for (const type of this.#owner.types) if (type.is(value)) return true
    return false
  }

  /** See `PartMaker`. */
  isPart(value: object): boolean {
    return value instanceof AbortSignal || isError(value) || Buffer.isBuffer(value) || this.isOwn(value)
  }

  /** See `PartMaker`. */
  part(value: object, maker: PartMaker, scope: Scope | undefined, isWaited: boolean) {
    const type = this.#owner.types.find((each) => each.is(value))
    if (type !== undefined) {
      const { values, parts } = pack([type.pack(value)], maker)
      return ['type', [type.tag, values, parts]] as const
    }
    if (typeof value === 'function') return this.#functionPart(value as AnyFunction, scope, isWaited)
    if (value instanceof AbortSignal) return ['signal', this.#offerSignal(value, scope)] as const
    if (Buffer.isBuffer(value)) return ['buffer', packBuffer(value)] as const
    return isError(value) ? (['error', packThrown(value)] as const) : undefined
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
    if (functions) for (const id of functions) this.#functions.delete(id)
    if (signals) for (const id of signals) this.#signals.get(id)?.()
  }

  /** Of a call that is over: what it was given. */
  drop({ signals }: Scope): void {
    if (signals) for (const id of signals) this.#controllers.delete(id)
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

  #functionPart(fn: AnyFunction, scope: Scope | undefined, isWaited: boolean): readonly [string, unknown] {
    const remote = remoteOf(fn)
    if (remote?.link === this.#owner) return ['home', remote.id]
    const id = ++this.#ids
    this.#functions.set(id, fn)
    if (scope) scope.functions = [...(scope.functions ?? []), id]
    return [isWaited ? 'waited' : scope ? 'function' : 'lasting', id]
  }

  #offerSignal(signal: AbortSignal, scope: Scope | undefined): SignalData {
    if (signal.aborted) return { reason: packThrown(signal.reason) }
    const id = ++this.#ids
    const aborted = () => {
      this.#signals.delete(id)
      this.#owner.aborted(id, packThrown(signal.reason))
    }
    const unfollow = this.#followers.add(signal, aborted)
    this.#signals.set(id, () => {
      this.#signals.delete(id)
      unfollow()
    })
    if (scope) scope.signals = [...(scope.signals ?? []), id]
    return { id }
  }

  #made(kind: string, data: unknown, scope: Scope | undefined): unknown {
    if (kind === 'error') return unpackThrown(data as Thrown)
    if (kind === 'buffer') return unpackBuffer(data as Uint8Array)
    if (kind === 'home') return this.#functions.get(data as number) ?? (() => this.functionOf(data as number)())
    if (kind === 'signal') return this.#signal(data as SignalData, scope)
    if (kind === 'type') {
      const [tag, values, parts] = data as [string, unknown[], readonly WirePart[] | undefined]
      return this.#owner.types.find((type) => type.tag === tag)?.unpack(this.unpack(values, parts, scope)[0])
    }
    return this.#remote(data as number, kind)
  }

  #signal(data: SignalData, scope: Scope | undefined): AbortSignal {
    if ('reason' in data) return AbortSignal.abort(unpackThrown(data.reason))
    const controller = new AbortController()
    this.#controllers.set(data.id, controller)
    if (scope) scope.signals = [...(scope.signals ?? []), data.id]
    return controller.signal
  }

  #remote(id: number, kind: string): AnyFunction {
    const owner = this.#owner
    const call = (args: readonly unknown[], options: CallOptions) => owner.invoke(id, args, options)
    const { invokeSync } = owner
    const fn: AnyFunction =
      kind === 'waited' && invokeSync ? (...args) => invokeSync(id, args) : (...args) => call(args, {})
    if (kind !== 'function') this.#collected.register(fn, id)
    return markRemote(fn, { link: owner, id, call })
  }
}

/** What one message is made with. */
class Maker implements PartMaker {
  readonly #references: References
  readonly #scope: Scope | undefined
  readonly #isWaited: boolean

  constructor(references: References, scope: Scope | undefined, isWaited: boolean) {
    this.#references = references
    this.#scope = scope
    this.#isWaited = isWaited
  }

  isOwn(value: object): boolean {
    return this.#references.isOwn(value)
  }

  isPart(value: object): boolean {
    return this.#references.isPart(value)
  }

  part(value: object): readonly [string, unknown] | undefined {
    return this.#references.part(value, this, this.#scope, this.#isWaited)
  }
}
