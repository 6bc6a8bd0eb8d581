// What goes wrong, and when: at the nth call of a hook, counted over all plugins.
import fc from 'fast-check'

/** What a plugin may fail in. */
export const HOOKS = [
  'register',
  'open',
  'setup',
  'teardown',
  'onEnable',
  'onDisable',
  'onReload',
  'onConfigChange',
  'health',
  'getReloadState',
  'setReloadState',
  'migrateState',
  'handler',
] as const
export type Hook = (typeof HOOKS)[number]

/** `late`: it ends well after its deadline. `clash`: what it wants, another one has. */
export type Failure = 'throw' | 'reject' | 'hang' | 'late' | 'clash'

export interface Fault {
  readonly hook: Hook
  readonly nth: number
  readonly how: Failure
}

/** Every plugin is registered and set up at a start; the other hooks are called less often. */
const often: readonly Hook[] = ['register', 'setup', 'handler']
const how: fc.Arbitrary<Failure> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('throw', 'reject', 'clash') },
  { weight: 1, arbitrary: fc.constantFrom('hang', 'late') },
)
const fault = fc.constantFrom(...HOOKS).chain((hook) =>
  fc.record({
    hook: fc.constant(hook),
    nth: often.includes(hook) ? fc.integer({ min: 1, max: 16 }) : fc.integer({ min: 1, max: 6 }),
    how,
  }),
)
/** Twice in a row, often: a rollback that fails needs that. */
export const faults: fc.Arbitrary<readonly Fault[]> = fc
  .array(fc.tuple(fault, fc.boolean()), { maxLength: 5 })
  .map((list) => list.flatMap(([each, isTwice]) => (isTwice ? [each, { ...each, nth: each.nth + 1 }] : [each])))

/** Says of each call of a hook whether it fails. */
export class FaultPlan {
  readonly #faults: readonly Fault[]
  readonly #calls = new Map<Hook, number>()
  #hanging: Hook | undefined
  #isOver = false

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  /** Nothing fails any more. */
  end(): void {
    this.#isOver = true
  }

  /** The next call of a hook hangs, whatever else was planned. */
  hangNext(hook: Hook): void {
    this.#hanging = hook
  }

  next(hook: Hook): Failure | undefined {
    if (this.#hanging === hook) {
      this.#hanging = undefined
      return 'hang'
    }
    const call = (this.#calls.get(hook) ?? 0) + 1
    this.#calls.set(hook, call)
    if (this.#isOver) return undefined
    return this.#faults.find((each) => each.hook === hook && each.nth === call)?.how
  }
}
