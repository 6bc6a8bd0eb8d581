// What a plugin finds out that uses its context in a random order, the same one inline and in a thread.
import type { Undo } from '@cf-plugins/plugin-api'
import { Cart, type Context, caught, nothing, type Probes } from './probing.ts'

const STEPS = 150

/** Numbers below `most`, each seed's own. */
function randomOf(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

/** All that a plugin does and sees in a random life. */
async function liveBy(seed: number, context: Context): Promise<unknown[]> {
  const { on, emit, publish, hooks, pipeline, state } = context
  const random = randomOf(seed)
  const undos: Undo[] = []
  const seen: unknown[] = []
  const name = (kind: string) => `${kind}.${seed}.${random(2)}`
  let added = 0
  const options = () => ({ priority: random(3), once: random(4) === 0, ignoreErrors: random(5) === 0 })
  /** A handler that notes its calls, and fails at times. */
  const handler = (gives: (value: number) => unknown) => {
    const number = ++added
    const fails = random(3) === 0
    return (value: number) => {
      seen.push(['called', number, value])
      if (fails) throw new RangeError(`of ${number}`)
      return gives(value)
    }
  }
  const acts: readonly (() => unknown)[] = [
    () => void undos.push(on(name('allowed'), handler(nothing), options())),
    () =>
      void undos.push(
        hooks.on(
          name('probe'),
          handler((value) => value + 1),
          options(),
        ),
      ),
    () => {
      const { priority } = options()
      undos.push(pipeline(name('probe')).step(`step ${++added}`, handler((value) => value * 2) as never, { priority }))
    },
    () => void undos.push(state.watch((value) => void seen.push(['watched', value]))),
    () => void undos.push(state.shared(Cart).watch(({ items }) => void seen.push(['cart', items.length]))),
    () => undos.splice(random(undos.length), 1)[0]?.(),
    () => undos.splice(random(undos.length), 1)[0]?.(),
    async () => {
      const { handled, failures } = await emit(name('allowed'), random(100))
      return [handled, failures.map(({ error }) => String(error))]
    },
    () => emit(name('allowed'), random(100)).then(({ handled }) => handled),
    () => publish(name('allowed'), random(100)),
    () => hooks.call(name('probe'), random(100)),
    () => hooks.callSync('helper.double', random(100)),
    () => pipeline(name('probe')).run(random(100)),
    () => state.set({ count: random(100), list: [] }),
    () => state.update((draft) => void draft.list.push({ id: random(9) })),
    () => state.value,
    () =>
      state.transaction(async (each) => {
        await each.update((draft) => void draft.count++)
        if (random(3) === 0) throw new Error('taken back')
        await each.shared(Cart).update((draft) => void draft.items.push('more'))
        return each.value.count
      }),
  ]
  state.shared(Cart).set({ items: [] })
  for (let step = 0; step < STEPS; step++) {
    const act = random(acts.length)
    const outcome = await caught(() => acts[act]?.())
    // What nobody waits for is called at once inline, and by and by in a thread.
    await settled(context)
    seen.push([step, act, outcome])
  }
  for (const undo of undos) undo()
  return seen
}

/** What was told before this is heard by now. */
async function settled({ on, emit }: Context): Promise<void> {
  const undo = on('allowed.settled', nothing)
  await emit('allowed.settled')
  undo()
}

export const RANDOM_PROBES: Probes = Object.fromEntries(
  [1, 2, 3, 4, 5].map((seed) => [`a random life, seed ${seed}`, (context: Context) => liveBy(seed, context)]),
)
