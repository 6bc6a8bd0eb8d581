// Late handlers are told what they have missed.
import { type HookHandler, isThenable } from '@cf-plugins/plugin-api'
import type { DispatchCore } from './dispatch-core.ts'
import { handlerTimeout } from './failures.ts'
import { HandlerCall } from './handler-call.ts'
import type { HandlerEntry } from './handler-entry.ts'
import type { DeclaredHook } from './hook-declaration.ts'
import type { KeptCall } from './hook-history.ts'
import { Turns } from './turns.ts'

type Entry = HandlerEntry<HookHandler>

/** Tells a handler of calls that it has missed, one after the other. Its failures go to the log. Never rejects. */
export async function catchUp(
  core: DispatchCore<HookHandler>,
  hook: DeclaredHook,
  entry: Entry,
  calls: readonly KeptCall[],
): Promise<void> {
  // Whoever registers a handler has its undo before the handler is called, and a plugin is active by then.
  await undefined
  for (const { args } of calls) {
    if (!entry.live) return
    entry.gate?.enter()
    try {
      await within(core, hook, entry, args)
    } catch (error) {
      entry.record.failures++
      core.report(hook.name, entry.owner.name, error)
    }
    entry.gate?.leave()
  }
}

/** One call under its deadline. */
function within(
  core: DispatchCore<HookHandler>,
  hook: DeclaredHook,
  entry: Entry,
  args: readonly unknown[],
): Promise<unknown> | undefined {
  const call = new HandlerCall(entry, { name: hook.name, retry: hook.retry }, core.watch)
  const result = call.run(args)
  if (!isThenable(result)) return undefined
  return new Promise((resolve, reject) => {
    const turns = new Turns(core.deadlines, (limitMs) => {
      turns.stop()
      const error = handlerTimeout(entry.owner, hook.name, limitMs)
      call.giveUp(error)
      reject(error)
    })
    turns.begin(entry.timeoutMs ?? hook.timeoutMs ?? core.usualMs)
    const end = (settle: () => void) => {
      turns.stop()
      settle()
    }
    result.then(
      (value) => end(() => resolve(value)),
      (error) => end(() => reject(error)),
    )
  })
}
