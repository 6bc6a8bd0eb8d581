// A request that is filtered, guarded, answered by many or wrapped: what the kinds of hooks cost beside the same by hand, ten handlers, 50
// hooks in rotation so that no call site is the only one. Run through tsx, which names every closure that is made, a loop of closures
// by hand looks several times slower than once it is built. Against others: benchmarks/compare.
import { compare } from '@cf-plugins/bench-harness'
import { PluginHooks } from '@cf-plugins/hooks'
import { type HookRef, hookRef } from '@cf-plugins/plugin-api'

const HOOKS = 50
const HANDLERS = 10

/** Ten functions for each hook, of a handful of literals, so that an engine cannot inline them all. */
function handlersOf(hook: number): ((value: number) => number)[] {
  const make = [
    () => (value: number) => value + hook,
    () => (value: number) => value - hook,
    () => (value: number) => value ^ hook,
    () => (value: number) => value | hook,
    () => (value: number) => value & (hook + 65_535),
  ]
  return Array.from({ length: HANDLERS }, (_, index) =>
    (make[index % make.length] as () => (value: number) => number)(),
  )
}

/** The last of them answers. */
const guardsOf = (hook: number) => handlersOf(hook).map((_, index) => () => (index === HANDLERS - 1 ? hook : undefined))

function rotating<Target>(targets: readonly Target[], dispatch: (target: Target) => unknown): () => unknown {
  let at = 0
  return () => {
    at = at === targets.length - 1 ? 0 : at + 1
    return dispatch(targets[at] as Target)
  }
}

const each = Array.from({ length: HOOKS }, (_, index) => index)

function ours<Ref extends HookRef>(
  refOf: (name: string) => Ref,
  handlers: (hook: number) => readonly ((value: number) => unknown)[],
) {
  const hooks = new PluginHooks()
  const refs = each.map((index) => refOf(`hook.number-${index}`))
  for (const [index, ref] of refs.entries()) {
    for (const handler of handlers(index)) hooks.on(ref, handler as never)
  }
  return { hooks, refs }
}

{
  const { hooks, refs } = ours(hookRef.waterfall<(value: number) => number>, handlersOf)
  const byName = new Map(refs.map(({ name }, index) => [name, handlersOf(index)]))
  await compare('waterfall, 10 sync handlers', {
    'hooks.callSync': rotating(refs, (ref) => hooks.callSync(ref, 1)),
    'hooks.call': rotating(refs, (ref) => hooks.call(ref, 1)),
    'loop by hand, found by name': rotating(refs, ({ name }) => {
      let value = 1
      for (const handler of byName.get(name) as ((value: number) => number)[]) value = handler(value) ?? value
      return value
    }),
  })
}
{
  const { hooks, refs } = ours(hookRef.bail<(value: number) => number>, guardsOf)
  const byName = new Map(refs.map(({ name }, index) => [name, guardsOf(index)]))
  await compare('bail, 10 sync handlers of which the last answers', {
    'hooks.callSync': rotating(refs, (ref) => hooks.callSync(ref, 1)),
    'loop by hand, found by name': rotating(refs, ({ name }) => {
      for (const guard of byName.get(name) as (() => number | undefined)[]) {
        const answer = guard()
        if (answer !== undefined) return answer
      }
      return undefined
    }),
  })
}
{
  const asyncOnes = (hook: number) => handlersOf(hook).map((handler) => async (value: number) => handler(value))
  const { hooks, refs } = ours(hookRef.parallel<(value: number) => Promise<number>>, asyncOnes)
  await compare('parallel, 10 async handlers', {
    'hooks.call': rotating(refs, (ref) => hooks.call(ref, 1)),
    'Promise.all': rotating(each.map(asyncOnes), (handlers) => Promise.all(handlers.map((handler) => handler(1)))),
  })
}
{
  const around = () =>
    handlersOf(1).map(
      (handler) => async (next: (value: number) => Promise<number>, value: number) => handler(await next(value)),
    )
  const wrapped = around()
  const { hooks, refs } = ours(hookRef.wrap<(value: number) => number>, around as never)
  const inner = (value: number) => value
  await compare('wrap, 10 async handlers', {
    'hooks.call': rotating(refs, (ref) => hooks.call(ref, inner, 1)),
    'closures by hand': rotating(each, () => {
      const run = (index: number, value: number): Promise<number> => {
        const handler = wrapped[index]
        return handler === undefined ? Promise.resolve(inner(value)) : handler((given) => run(index + 1, given), value)
      }
      return run(0, 1)
    }),
  })
}
