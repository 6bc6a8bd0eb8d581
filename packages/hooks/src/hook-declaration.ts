// What was said once about a hook, for all its handlers and callers.
import type { HookHandler, HookKind, HookRef, HookRefOptions, RetryOptions } from '@cf-plugins/plugin-api'
import { hookRedeclared } from './failures.ts'
import type { HandlerEntry } from './handler-entry.ts'
import { checkName, checkRetry, checkTimeout, checkWhole, flagOf, invalid } from './handler-options.ts'
import { HookHistory } from './hook-history.ts'

/** How many calls are kept where a hook says no number. */
const KEPT = 100

const KINDS: readonly string[] = ['series', 'parallel', 'waterfall', 'bail', 'wrap'] satisfies HookKind[]

/** A hook whose kind is known. */
export interface DeclaredHook {
  readonly name: string
  readonly kind: HookKind
  readonly timeoutMs: number | undefined
  readonly retry: Required<RetryOptions> | undefined
  readonly ignoreErrors: boolean
  readonly args: number | undefined
  /** What was called, for handlers that come late. */
  readonly history: HookHistory | undefined
  /** Whether it takes more to call it than to call its handlers one after the other. */
  readonly elaborate: boolean
  /** All that was said, to tell whether it is said again. */
  readonly text: string
  /** References that say this. */
  readonly refs: WeakSet<HookRef>
  /** The one that was used last, for a look into a set of weak references costs as much as a call of a few handlers. */
  ref: HookRef
}

/** @throws `CFP_HANDLER_INVALID` where it is no reference of a hook. */
export function readHookRef(ref: HookRef): DeclaredHook {
  checkName(ref?.name)
  const { name, kind } = ref
  const options: HookRefOptions = ref.options ?? {}
  if (!KINDS.includes(kind)) {
    throw invalid(undefined, `the kind of hook "${name}" must be ${KINDS.join(', ')}: use hookRef`, kind)
  }
  const { timeoutMs, args, historic = false } = options
  checkTimeout(timeoutMs, `timeoutMs of hook "${name}"`)
  if (args !== undefined) checkWhole(args, `args of hook "${name}"`, 0)
  if (typeof historic !== 'boolean') checkWhole(historic, `historic of hook "${name}"`, 1)
  if (historic !== false && kind === 'wrap') {
    throw invalid(undefined, `hook "${name}" wraps, and cannot be historic`, historic)
  }
  const retry = checkRetry(options.retry, `retry of hook "${name}"`)
  const ignoreErrors = flagOf(options.ignoreErrors, `ignoreErrors of hook "${name}"`)
  const kept = historic === true ? KEPT : historic === false ? 0 : historic
  return {
    name,
    kind,
    timeoutMs,
    retry,
    ignoreErrors,
    args,
    history: kept > 0 ? new HookHistory(kept) : undefined,
    elaborate: kind === 'parallel' || kind === 'wrap' || retry !== undefined,
    text: JSON.stringify([kind, timeoutMs, args, kept, retry, ignoreErrors]),
    refs: new WeakSet([ref]),
    ref,
  }
}

/** What may not be said about a handler of hooks, of whatever kind. @throws `CFP_HANDLER_INVALID` */
export function checkHookHandler({ name, owner, batch }: HandlerEntry<unknown>): void {
  if (batch !== undefined) throw invalid(owner, `batch is for events, and "${name}" is a hook`, batch)
}

/** @throws `CFP_HANDLER_INVALID` where a handler cannot be one of the hook. */
export function checkAgainst(hook: DeclaredHook, entry: HandlerEntry<HookHandler>): void {
  const { kind, name, args } = hook
  const { owner, handler, parallel } = entry
  if (parallel && kind !== 'series' && kind !== 'parallel') {
    throw invalid(
      owner,
      `the handlers of "${name}" (${kind}) need one another's results, so none can be parallel`,
      parallel,
    )
  }
  if (args === undefined) return
  const most = kind === 'wrap' ? args + 1 : args
  if (handler.length <= most) return
  throw invalid(owner, `a handler of "${name}" (${kind}) has at most ${most} parameters`, handler.length)
}

/** The hooks of one host whose kind is known. */
export class HookDeclarations {
  readonly #known = new Map<string, DeclaredHook>()
  /** Handlers that are registered for a hook already. */
  readonly #handlersOf: (name: string) => readonly HandlerEntry<HookHandler>[]
  readonly #unfit: (entry: HandlerEntry<HookHandler>, error: unknown) => void
  readonly #changed: (name: string) => void

  /** @param unfit gets handlers that were registered before, and cannot be any of such a hook's */
  constructor(
    handlersOf: (name: string) => readonly HandlerEntry<HookHandler>[],
    unfit: (entry: HandlerEntry<HookHandler>, error: unknown) => void,
    changed: (name: string) => void,
  ) {
    this.#handlersOf = handlersOf
    this.#unfit = unfit
    this.#changed = changed
  }

  of(name: string): DeclaredHook | undefined {
    return this.#known.get(name)
  }

  /** @throws `CFP_HOOK_REDECLARED` where something else was said before, and it has handlers; `CFP_HANDLER_INVALID` */
  declare(ref: HookRef): DeclaredHook {
    const known = this.#known.get(ref?.name)
    if (known?.ref === ref) return known
    if (known?.refs.has(ref)) {
      known.ref = ref
      return known
    }
    const hook = readHookRef(ref)
    if (known?.text === hook.text) {
      known.refs.add(ref)
      return known
    }
    const { name } = hook
    const handlers = this.#handlersOf(name)
    if (known !== undefined && handlers.length > 0) throw hookRedeclared(name, known.kind, hook.kind, handlers)
    this.#known.set(name, hook)
    for (const entry of handlers) this.fit(entry)
    this.#changed(name)
    return hook
  }

  /** What was said of the handler's hook, perhaps after the handler was registered: it is reported where it does not fit. */
  fit(entry: HandlerEntry<HookHandler>): DeclaredHook | undefined {
    const hook = this.#known.get(entry.name)
    if (hook === undefined) return undefined
    try {
      checkAgainst(hook, entry)
      return hook
    } catch (error) {
      this.#unfit(entry, error)
      return undefined
    }
  }
}
