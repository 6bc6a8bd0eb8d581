// What the kinds of hooks cost beside tapable's, which has one for each: ten handlers, 50 hooks in rotation so that no call site is the
// only one. Run through tsx, which names every closure that is made, parallel and wrap look several times slower than once they are built.
import { compare } from '@cf-plugins/bench-harness'
import { PluginHooks } from '@cf-plugins/hooks'
import { type HookRef, hookRef } from '@cf-plugins/plugin-api'
import { AsyncParallelHook, SyncBailHook, SyncWaterfallHook } from 'tapable'

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
  const tapped = each.map((index) => {
    const hook = new SyncWaterfallHook<[number]>(['value'])
    for (const [at, handler] of handlersOf(index).entries()) hook.tap(`plugin-${at}`, handler)
    return hook
  })
  const byName = new Map(refs.map(({ name }, index) => [name, handlersOf(index)]))
  await compare('waterfall, 10 sync handlers', {
    'hooks.callSync': rotating(refs, (ref) => hooks.callSync(ref, 1)),
    'hooks.call': rotating(refs, (ref) => hooks.call(ref, 1)),
    tapable: rotating(tapped, (hook) => hook.call(1)),
    'loop by hand, found by name': rotating(refs, ({ name }) => {
      let value = 1
      for (const handler of byName.get(name) as ((value: number) => number)[]) value = handler(value) ?? value
      return value
    }),
  })
}
{
  const { hooks, refs } = ours(hookRef.bail<(value: number) => number>, guardsOf)
  const tapped = each.map((index) => {
    const hook = new SyncBailHook<[number], number>(['value'])
    for (const [at, handler] of guardsOf(index).entries()) hook.tap(`plugin-${at}`, handler as () => number)
    return hook
  })
  await compare('bail, 10 sync handlers of which the last answers', {
    'hooks.callSync': rotating(refs, (ref) => hooks.callSync(ref, 1)),
    tapable: rotating(tapped, (hook) => hook.call(1)),
  })
}
{
  const asyncOnes = (hook: number) => handlersOf(hook).map((handler) => async (value: number) => handler(value))
  const { hooks, refs } = ours(hookRef.parallel<(value: number) => Promise<number>>, asyncOnes)
  const tapped = each.map((index) => {
    const hook = new AsyncParallelHook<[number]>(['value'])
    for (const [at, handler] of asyncOnes(index).entries()) {
      hook.tapPromise(`plugin-${at}`, handler as unknown as () => Promise<void>)
    }
    return hook
  })
  await compare('parallel, 10 async handlers', {
    'hooks.call': rotating(refs, (ref) => hooks.call(ref, 1)),
    'tapable, without results': rotating(tapped, (hook) => hook.promise(1)),
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
