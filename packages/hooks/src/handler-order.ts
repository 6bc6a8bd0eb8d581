// The order of calls where handlers say beside which plugins they run.
import { PluginError } from '@cf-plugins/plugin-api'
import { compareEntries, type HandlerEntry } from './handler-entry.ts'

/** What becomes of a wish that contradicts earlier ones. It may throw. */
export type OnCircle = (entry: HandlerEntry<unknown>, error: PluginError) => void

/**
 * By priority and registration, and then so that every `before` and `after` holds that contradicts no earlier one.
 *
 * @param newest counts as registered last
 */
export function ordered<Handler>(
  entries: readonly HandlerEntry<Handler>[],
  onCircle: OnCircle,
  newest?: HandlerEntry<Handler>,
): readonly HandlerEntry<Handler>[] {
  const sorted = [...entries].sort(compareEntries)
  if (sorted.every(({ before, after }) => before.length + after.length === 0)) return sorted
  const wishes = new Wishes(sorted)
  const asRegistered = [...sorted].sort((a, b) => a.stage.order - b.stage.order || a.index - b.index)
  if (newest !== undefined) asRegistered.push(...asRegistered.splice(asRegistered.indexOf(newest), 1))
  for (const entry of asRegistered) {
    for (const plugin of entry.before) {
      if (!wishes.add(entry, plugin, true)) onCircle(entry, circle(entry, 'before', plugin))
    }
    for (const plugin of entry.after) {
      if (!wishes.add(entry, plugin, false)) onCircle(entry, circle(entry, 'after', plugin))
    }
  }
  return wishes.fulfilled() as HandlerEntry<Handler>[]
}

class Wishes {
  readonly #sorted: readonly HandlerEntry<unknown>[]
  /** Those that must be called first. */
  readonly #ahead = new Map<HandlerEntry<unknown>, Set<HandlerEntry<unknown>>>()
  /** Those that asked to be before others, and these. */
  readonly #moved: [HandlerEntry<unknown>, HandlerEntry<unknown>[]][] = []

  constructor(sorted: readonly HandlerEntry<unknown>[]) {
    this.#sorted = sorted
  }

  /** False, and nothing is added, where it would close a circle. */
  add(entry: HandlerEntry<unknown>, plugin: string, isBefore: boolean): boolean {
    const others = this.#sorted.filter(({ owner, label }) => owner.name === plugin || label === plugin)
    const pairs = others.map((other) => (isBefore ? ([entry, other] as const) : ([other, entry] as const)))
    if (pairs.some(([first, second]) => this.#isAhead(second, first))) return false
    for (const [first, second] of pairs) {
      const ahead = this.#ahead.get(second)
      if (ahead === undefined) this.#ahead.set(second, new Set([first]))
      else ahead.add(first)
    }
    if (isBefore && others.length > 0) this.#moved.push([entry, others])
    return true
  }

  /** All of them. Who asks is moved: up before those it wants to be before, down after those it wants to be after. */
  fulfilled(): HandlerEntry<unknown>[] {
    const left = [...this.#sorted]
    for (const [entry, others] of this.#moved) {
      const at = Math.min(...others.map((other) => left.indexOf(other)))
      if (at >= left.indexOf(entry)) continue
      left.splice(left.indexOf(entry), 1)
      left.splice(at, 0, entry)
    }
    const done = new Set<HandlerEntry<unknown>>()
    while (left.length > 0) {
      const next = left.findIndex((entry) => [...(this.#ahead.get(entry) ?? [])].every((first) => done.has(first)))
      for (const entry of left.splice(next, 1)) done.add(entry)
    }
    return [...done]
  }

  /** Whether `first` must be called before `second`. */
  #isAhead(
    first: HandlerEntry<unknown>,
    second: HandlerEntry<unknown>,
    seen = new Set<HandlerEntry<unknown>>(),
  ): boolean {
    if (first === second) return true
    for (const each of this.#ahead.get(second) ?? []) {
      if (seen.has(each)) continue
      seen.add(each)
      if (this.#isAhead(first, each, seen)) return true
    }
    return false
  }
}

function circle({ name, owner }: HandlerEntry<unknown>, side: 'before' | 'after', plugin: string): PluginError {
  return new PluginError(
    'CFP_HANDLER_ORDER',
    `Plugin "${owner.name}" cannot run its handler of "${name}" ${side} those of "${plugin}": others ask for the opposite. Take one of the two back.`,
    { plugin: owner.name, phase: 'handler', ...owner.source },
  )
}
