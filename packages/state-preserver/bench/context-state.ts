// The hot path: a handler that updates `context.state`, which copies the state twice; against those two copies, and with a queue of
// changes that have to wait. What is set is frozen by the walk that copies it: that must not cost what the copy itself does.
import { compare } from '@cf-plugins/bench-harness'
import type { PluginState } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { cloneState } from '../src/clone-state.ts'
import { fixState } from '../src/fixed-state.ts'

function opened<T>(initial: T): PluginState<T> {
  const meta = resolveMeta({ name: 'bench', version: '1.0.0', state: { initial } })
  return new StatePreserver().open({ name: 'bench', meta }).state as PluginState<T>
}

/** Compares an update, and the freezing in it, with bare copies. */
export async function compareUpdates(title: string, initial: { count: number }): Promise<void> {
  const state = opened(initial)
  await compare(
    `an update of ${title}`,
    {
      update: () => state.update((draft) => void draft.count++),
      'transaction of one part': () => state.transaction((all) => all.update((draft) => void draft.count++)),
      'two copies': async () => {
        cloneState(cloneState(state.value).copy)
      },
    },
    {
      goals: [
        {
          of: 'update',
          against: 'two copies',
          atMost: title === 'a counter' ? 5 : 1.5,
          why: 'the lock, the checks and the freezing must be small beside the copies',
        },
      ],
    },
  )
  await compare(
    `fixing ${title}`,
    { 'copied and frozen': () => fixState(state.value), copied: () => cloneState(state.value) },
    {
      goals: [
        { of: 'copied and frozen', against: 'copied', atMost: 1.5, why: 'freezing must not cost what the copy does' },
      ],
    },
  )
}

/** Changes that wait for each other: each looks for itself on its stack before it does. */
export async function compareQueues(): Promise<void> {
  const state = opened({ count: 0 })
  const change = async (draft: { count: number }) => void draft.count++
  await compare('100 asynchronous changes', {
    'at once': () => Promise.all(Array.from({ length: 100 }, () => state.update(change))),
    'one after the other': async () => {
      for (let each = 0; each < 100; each++) await state.update(change)
    },
  })
}
