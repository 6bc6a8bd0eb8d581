// Whether a process with a plugin in a thread ends by itself: as it would with the plugin inline.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

function host(...args: string[]) {
  const child = spawn(
    process.execPath,
    [
      '-C',
      '@cf-plugins/source',
      '--import',
      'tsx',
      pathOf('children/leaving.ts'),
      pathOf('fixtures/leaving.mjs'),
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
}

it('a process ends that has nothing to do but a plugin in a thread', async () => {
  const { child, lines } = host()
  expect((await lines.next()).value).toBe('left')
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('a process does not end while a plugin listens in a thread', async () => {
  const { child, lines } = host('listening')
  const port = (await lines.next()).value
  expect((await lines.next()).value).toBe('asked for /')
  // Longer than it takes to look whether there is anything left to do.
  await delay(1_500)
  expect(child.exitCode).toBe(null)
  const answer = await fetch(`http://127.0.0.1:${port}/last`, { headers: { connection: 'close' } })
  expect(await answer.text()).toBe('asked for /last')
  expect((await lines.next()).value).toBe('left')
})
