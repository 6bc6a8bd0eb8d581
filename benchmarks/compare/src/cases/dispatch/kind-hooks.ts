// What the kinds of hooks are measured with: ten handlers, 50 hooks in rotation, and the value that each of them must give.
import type { HookRef } from '@cf-plugins/plugin-api'
import type { Prepared } from '../../case.ts'
import { rotating } from './dispatching.ts'
import { byProcessorTime } from './processor-time.ts'

export const HANDLERS = 10
const PER_CALL = 100
export const HOOKS: readonly number[] = Array.from({ length: 50 }, (_, index) => index)

export type Step = (value: number) => number
/** Of a handful of literals, so that an engine cannot inline them all. */
export function stepsOf(hook: number): Step[] {
  const make = [
    () => (value: number) => value + hook,
    () => (value: number) => value - hook,
    () => (value: number) => value ^ hook,
    () => (value: number) => value | hook,
    () => (value: number) => value & (hook + 65_535),
  ]
  return Array.from({ length: HANDLERS }, (_, index) => (make[index % make.length] as () => Step)())
}

export async function ours(
  kind: 'waterfall' | 'bail' | 'parallel' | 'wrap',
  handlers: (hook: number) => readonly unknown[],
) {
  const { PluginHooks } = await import('@cf-plugins/hooks')
  const { hookRef } = await import('@cf-plugins/plugin-api')
  const refOf = hookRef[kind] as unknown as (name: string) => HookRef<(value: number) => number>
  const hooks = new PluginHooks()
  const refs = HOOKS.map((hook) => refOf(`hook-${hook}`))
  for (const [hook, ref] of refs.entries()) for (const handler of handlers(hook)) hooks.on(ref, handler as never)
  return { hooks, refs }
}

export function tapped<Target extends { tap(name: string, handler: never): void }>(
  create: () => Target,
  handlers: (hook: number) => readonly unknown[],
): Target[] {
  return HOOKS.map((hook) => {
    const target = create()
    for (const [at, handler] of handlers(hook).entries()) target.tap(`plugin-${at}`, handler as never)
    return target
  })
}

export function byHand<Handler>(handlers: (hook: number) => Handler[]) {
  const names = HOOKS.map((hook) => `hook-${hook}`)
  return { names, found: new Map(HOOKS.map((hook) => [names[hook] as string, handlers(hook)])) }
}

/** Times a hundred calls, and checks what each of the hooks gives. @param expected of the hook with that number */
export function times<Target>(
  targets: readonly Target[],
  call: (target: Target) => unknown,
  expected: (hook: number) => unknown,
): Promise<Prepared> {
  const next = rotating(targets, call)
  const run = () => {
    for (let calls = 0; calls < PER_CALL; calls++) next()
  }
  return byProcessorTime({ run, perCall: PER_CALL, check: () => expectEach(targets, call, expected) })
}

export function timesAwaited<Target>(
  targets: readonly Target[],
  call: (target: Target) => unknown,
  expected: (hook: number) => unknown,
): Promise<Prepared> {
  const next = rotating(targets, call)
  const run = async () => {
    for (let calls = 0; calls < PER_CALL; calls++) await next()
  }
  return byProcessorTime({ run, perCall: PER_CALL, check: () => expectEach(targets, call, expected) })
}

async function expectEach<Target>(
  targets: readonly Target[],
  call: (target: Target) => unknown,
  expected: (hook: number) => unknown,
): Promise<void> {
  for (const [hook, target] of targets.entries()) {
    const wanted = JSON.stringify(expected(hook))
    const given = JSON.stringify(await call(target))
    if (given !== wanted) throw new Error(`Hook ${hook} gave ${given}, and not ${wanted}.`)
  }
}
