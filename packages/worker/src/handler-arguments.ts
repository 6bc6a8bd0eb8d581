// What a handler is given, on its way to a thread and back: contexts are made of getters, which no copy of an object has.
import { isDeepStrictEqual } from 'node:util'
import type { EventContext, StepContext } from '@cf-plugins/plugin-api'
import type { OffloadedTask } from '@cf-plugins/plugin-api/host'

/** What is called, and so what it is given: a payload, several, a hook's arguments, a value, with their contexts. */
export type HandlerKind = OffloadedTask['kind']

/** What a call in a thread is told besides its arguments. */
export interface ThreadCall {
  /** Made when it is read. */
  readonly signal: AbortSignal
}

/** What a thread calls a handler with, and what goes home of what the handler gives. */
export interface UnpackedCall {
  readonly args: unknown[]
  /** With the changes of a step's maps. */
  packResult(result: unknown): unknown
}

type Entry = readonly [key: string, value: unknown]
type PackedContext = readonly [id: string, event: string, time: number, source: string, parent: EventContext['parent']]
type PackedStep = readonly [pipeline: string, step: string, id: string, shared: readonly Entry[], own: readonly Entry[]]
type PackedResult = readonly [result: unknown, shared: Changes | undefined, own: Changes | undefined]
type Changes = readonly [set: readonly Entry[], removed: readonly string[]]

/** What a handler is given, as it goes to a thread. Signals of contexts stay: see `signalOf`. */
export function packArguments(kind: HandlerKind, args: readonly unknown[]): unknown[] {
  if (kind === 'event') return [args[0], ...packContext(args[1] as EventContext)]
  if (kind === 'batch') return [args[0], (args[1] as readonly EventContext[]).map(packContext)]
  if (kind === 'step') return [args[0], packStep(args[1] as StepContext)]
  return args as unknown[]
}

/** The signal that the handler finds in its context. Reading it makes it, so do that only where the call takes longer than that. */
export function signalOf(kind: HandlerKind, args: readonly unknown[]): AbortSignal | undefined {
  if (kind === 'event' || kind === 'step') return (args[1] as EventContext | StepContext).signal
  // Those of a batch abort together.
  return kind === 'batch' ? (args[1] as readonly EventContext[])[0]?.signal : undefined
}

/** What the handler gave, after what it did to the maps of a step was done to those here. */
export function unpackResult(kind: HandlerKind, args: readonly unknown[], packed: unknown): unknown {
  if (kind !== 'step' || !Array.isArray(packed)) return packed
  const [result, shared, own] = packed as unknown as PackedResult
  const context = args[1] as StepContext
  if (shared) change(context.shared, shared)
  if (own) change(context.own, own)
  return result
}

/** In the thread: what the handler is called with. */
export function unpackArguments(kind: HandlerKind, packed: readonly unknown[], call: ThreadCall): UnpackedCall {
  if (kind === 'event')
    return { args: [packed[0], new Context(packed[0], packed.slice(1) as unknown as PackedContext, call)], packResult }
  if (kind === 'batch') {
    const payloads = packed[0] as readonly unknown[]
    const contexts = (packed[1] as readonly PackedContext[]).map((each, at) => new Context(payloads[at], each, call))
    return { args: [payloads, contexts], packResult }
  }
  if (kind === 'step') {
    const [, , , shared, own] = packed[1] as PackedStep
    const context = new Step(packed[1] as PackedStep, call)
    // Copies to tell by what was changed inside a value: the maps are empty where nobody uses them.
    const before = [shared.map(copied), own.map(copied)] as const
    return {
      args: [packed[0], context],
      packResult: (result) =>
        [result, changesOf(before[0], context.shared), changesOf(before[1], context.own)] satisfies PackedResult,
    }
  }
  return { args: packed as unknown[], packResult }
}

function packResult(result: unknown): unknown {
  return result
}

function packContext({ id, event, time, source, parent }: EventContext): PackedContext {
  return [id, event, time, source, parent]
}

function packStep({ pipeline, step, id, shared, own }: StepContext): PackedStep {
  return [pipeline, step, id, [...shared], [...own]]
}

/** What cannot be copied is told by its identity alone. */
function copied([key, value]: Entry): Entry {
  if (typeof value !== 'object' || value === null) return [key, value]
  try {
    return [key, structuredClone(value)]
  } catch {
    return [key, value]
  }
}

function change(map: Map<string, unknown>, [set, removed]: Changes): void {
  for (const [key, value] of set) map.set(key, value)
  for (const key of removed) map.delete(key)
}

/** Only what changed, for steps of a group change the same map side by side. */
function changesOf(before: readonly Entry[], now: ReadonlyMap<string, unknown>): Changes | undefined {
  const values = new Map(before)
  const set = [...now].filter(([key, value]) => !values.has(key) || !isDeepStrictEqual(values.get(key), value))
  const removed = [...values.keys()].filter((key) => !now.has(key))
  return set.length + removed.length === 0 ? undefined : [set, removed]
}

class Context implements EventContext {
  readonly payload: unknown
  readonly id: string
  readonly event: string
  readonly time: number
  readonly source: string
  readonly parent: EventContext['parent']
  readonly #call: ThreadCall

  constructor(payload: unknown, [id, event, time, source, parent]: PackedContext, call: ThreadCall) {
    this.payload = payload
    this.id = id
    this.event = event
    this.time = time
    this.source = source
    this.parent = parent
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}

class Step implements StepContext {
  readonly pipeline: string
  readonly step: string
  readonly id: string
  readonly shared: Map<string, unknown>
  readonly own: Map<string, unknown>
  readonly #call: ThreadCall

  constructor([pipeline, step, id, shared, own]: PackedStep, call: ThreadCall) {
    this.pipeline = pipeline
    this.step = step
    this.id = id
    this.shared = new Map(shared)
    this.own = new Map(own)
    this.#call = call
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }
}
