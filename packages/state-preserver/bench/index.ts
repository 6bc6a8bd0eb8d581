// The hot path of each reload: what it adds for a plugin that keeps state, save and restore, against the two bare structuredClones
// that it cannot do without, unchecked, unbounded and without a path in their errors.
import { compare, growth } from '@cf-plugins/bench-harness'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { StatePreserver } from '@cf-plugins/state-preserver'
import { compareQueues, compareUpdates } from './context-state.ts'
import { compareStores, removeFiles } from './store.ts'

const meta = resolveMeta({ name: 'bench', version: '1.0.0' })
const preserver = new StatePreserver()

const saveAndRestore = (state: unknown) => async (): Promise<void> => {
  const old = { getReloadState: () => state }
  const next = { setReloadState: (_: unknown) => {} }
  const snapshot = await preserver.save({ name: 'bench', enabled: true, meta, instance: old })
  await preserver.restore({ name: 'bench', meta, instance: next }, snapshot)
}

const twice = (state: unknown) => async (): Promise<void> => {
  await Promise.resolve()
  structuredClone(structuredClone(state))
}

const small = {
  count: 3,
  users: [{ id: 1, name: 'Ada', roles: ['admin'] }],
  since: new Date(0),
  seen: new Set(['a', 'b']),
}

// 1 MB as JSON: what a chat or a session store has.
const sessions = Array.from({ length: 8_000 }, (_, id) => ({
  id,
  user: `user-${id}`,
  tags: ['a', 'b'],
  seen: id * 1_000,
  profile: { name: `Name of ${id}`, isAdmin: id % 7 === 0, note: 'some words about somebody' },
}))
const large = { sessions, byUser: new Map(sessions.map((session) => [session.user, session])) }

const numbers = { series: Array.from({ length: 128 * 1024 }, (_, index) => index * 1.5) }
const bytes = { image: new Uint8Array(1024 * 1024) }

for (const [title, state] of Object.entries({
  'a small state': small,
  '1 MB of sessions': large,
  '1 MB of numbers': numbers,
  '1 MB of bytes': bytes,
})) {
  await compare(
    title,
    { 'save + restore': saveAndRestore(state), 'structuredClone twice': twice(state) },
    {
      goals: [
        {
          of: 'save + restore',
          against: 'structuredClone twice',
          atMost: 1.5,
          why: 'checks, paths and bounds must not cost a reload what the copy itself does not',
        },
      ],
    },
  )
}

const sessionsOf = (count: number) => saveAndRestore({ sessions: sessions.slice(0, count) })
await growth(
  'save and restore n sessions',
  // With 8,000 it is 19 times as much: a megabyte of small objects fills the young generation, whoever copies it.
  { 80: sessionsOf(80), 800: sessionsOf(800) },
  { rounds: 15, why: 'no value is looked for among the others' },
)

await compareUpdates('a counter', { count: 0 })
await compareUpdates('1 MB of sessions', { count: 0, sessions } as { count: number })
await compareQueues()

await compareStores('a small state', small)
await compareStores('1 MB of sessions', large)
await removeFiles()
