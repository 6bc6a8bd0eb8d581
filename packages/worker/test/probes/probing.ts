// What probes have in common: whom they talk to, and how they tell what they found.
import {
  type EventContext,
  eventRef,
  hookRef,
  type PluginContext,
  pipelineRef,
  serviceRef,
  sharedStateRef,
} from '@cf-plugins/plugin-api'

/** What helps the probes, offered by an inline plugin. */
export interface Helper {
  readonly version: string
  readonly limits: { readonly most: number }
  add(one: number, other: number): number | Promise<number>
  fail(message: string): unknown
  emit(event: string, payload: unknown): Promise<unknown>
  hook(name: string, ...args: unknown[]): Promise<unknown>
  run(pipeline: string, value: unknown): Promise<unknown>
  isMine(service: object): unknown
  call(task: (value: number) => unknown, value: number): Promise<unknown>
  readonly nested: { twice(value: number): number | Promise<number> }
}

export const Helper = serviceRef<Helper>('helper')
export const Cart = sharedStateRef('cart', { items: [] as string[] })
export const Sent = eventRef<{ readonly to: string }>('data.sent')
export const Title = hookRef.waterfall<(title: string, page: number) => string>('probe.title')
export const First = hookRef.bail<(key: string) => string>('probe.first')
export const Around = hookRef.wrap<(value: number) => number>('probe.around')
export const Narrow = hookRef.series<(value: number) => number>('probe.narrow', { args: 1 })
export const Orders = pipelineRef<{ total: number; log: string[] }>('probe.orders')

export interface State {
  count: number
  list: { id: number }[]
}

export type Context = PluginContext<
  unknown,
  { readonly depth: number; readonly since: Date },
  { readonly site: string },
  State
>

/** What is comparable of an error. */
export function told(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return { thrown }
  const { name, message, code, plugin, phase, generation, file } = thrown as Error & Record<string, unknown>
  const hasFile = typeof file === 'string'
  const cause = thrown.cause === undefined ? undefined : told(thrown.cause)
  const failures = (thrown as { readonly failures?: readonly { readonly plugin: string; readonly error: unknown }[] })
    .failures
  return {
    ...{ name, message, code, plugin, phase, generation, hasFile, cause },
    failures: failures?.map(({ plugin: of, error }) => [of, told(error)]),
  }
}

export async function caught(task: () => unknown): Promise<unknown> {
  try {
    return { returned: await task() }
  } catch (error) {
    return told(error)
  }
}

export const nothing = () => {}

/** What is thrown at once, and not by a promise. */
export function thrownBy(task: () => unknown): unknown {
  try {
    const returned = task()
    if (!(returned instanceof Promise)) return { returned: typeof returned }
    returned.catch(nothing)
    return { returned: 'a promise' }
  } catch (error) {
    return told(error)
  }
}

export function contextFacts({ event, payload, source, parent, time, id, signal }: EventContext): unknown {
  return { event, payload, source, parent, hasTime: typeof time, hasId: typeof id, isAborted: signal.aborted }
}

export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`This never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** By name, what each finds out once its plugin is active. */
export type Probes = Readonly<Record<string, (context: Context) => unknown>>
