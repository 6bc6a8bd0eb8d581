// What the tests of `context.state` have in common.
import type { PluginMeta, PluginState } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { type OpenState, type PartOwner, StatePreserver } from '../src/index.ts'

export interface Opened<T> {
  readonly open: OpenState
  readonly state: PluginState<T>
  /** What the owner was told. */
  readonly reports: string[]
}

type Meta = Partial<PluginMeta>

/** Opens the state of a plugin. */
export function opened<T = unknown>(
  meta: Meta = {},
  owner: Partial<PartOwner> = {},
  preserver = new StatePreserver(),
  snapshot?: Parameters<StatePreserver['open']>[1],
): Opened<T> {
  const reports: string[] = []
  const name = meta.name ?? 'counter'
  const whose: PartOwner = {
    name,
    meta: resolveMeta({ version: '1.0.0', ...meta, name }),
    report: (what, error) => reports.push(`${what}: ${(error as Error).message}`),
  }
  // Its stage changes.
  Object.defineProperties(whose, Object.getOwnPropertyDescriptors(owner))
  const open = preserver.open(whose, snapshot)
  return { open, state: open.state as PluginState<T>, reports }
}

/** A generation that is shown and hidden as a lifecycle would. */
export function stage() {
  const activations = new Set<{ start(): void; stop(): void }>()
  let live = false
  return {
    owner: {
      get stage() {
        return live ? ('committed' as const) : ('staged' as const)
      },
      activate(activation: { start(): void; stop(): void }) {
        activations.add(activation)
        if (live) activation.start()
        return () => {
          if (activations.delete(activation) && live) activation.stop()
        }
      },
    } satisfies Partial<PartOwner>,
    show() {
      live = true
      for (const activation of activations) activation.start()
    },
    hide() {
      live = false
      for (const activation of activations) activation.stop()
    },
  }
}

export const never = () => new Promise<never>(() => {})
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not reject')
}

/** What a function throws. */
export function thrown(run: () => unknown): Error & { readonly code?: string } {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not throw')
}
