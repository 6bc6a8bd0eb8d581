// Out of inotify watches, for real: in a user namespace of its own whose limit is set. Fault rows 9 and 10.
import { execFileSync } from 'node:child_process'
import { expect, type TestContext, test } from 'vitest'
import { makeFolder, runChild } from './watching.ts'

const TOLD = [
  'add four/b.ts',
  'add two/a.ts',
  'change four/b.ts',
  'change one/a.ts',
  'change three/a.ts',
  'change two/a.ts',
  'unlink two/a.ts',
]

function withWatches(limit: number, ctx: TestContext): string[] {
  const wrapper = [
    'unshare',
    '-Ur',
    'sh',
    '-c',
    `echo ${limit} > /proc/sys/user/max_inotify_watches && exec "$@"`,
    'sh',
  ]
  try {
    execFileSync('unshare', [...wrapper.slice(1), 'true'], { stdio: 'pipe' })
  } catch (error) {
    ctx.skip(`a user namespace with a limit of its own can't be had here: ${error}`)
  }
  return wrapper
}

test.for([0, 2])(
  'with %i system watches, every change is told by polling, and the health says what to do (fault 9)',
  (limit, ctx) => {
    const told = runChild('exhausted.ts', [makeFolder()], withWatches(limit, ctx))
    expect(told).toEqual({
      health: { status: 'degraded', message: expect.stringContaining('fs.inotify.max_user_watches') },
      codes: ['CFP_WATCH_POLLING'],
      unhandled: [],
      told: TOLD,
    })
  },
)

test('without an onError, the process lives on (faults 9, 10)', (ctx) => {
  const told = runChild('exhausted.ts', [makeFolder(), 'unheard'], withWatches(0, ctx))
  expect(told).toMatchObject({ health: { status: 'degraded' }, unhandled: [], told: TOLD })
})

test('with watches enough, the same changes are told in good health', () => {
  const told = runChild('exhausted.ts', [makeFolder()])
  expect(told).toEqual({ health: { status: 'healthy' }, codes: [], unhandled: [], told: TOLD })
})
