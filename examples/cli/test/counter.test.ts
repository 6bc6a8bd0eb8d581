// The count: over runs, edits, processes at once, and processes that died.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { place } from './tally-process.ts'

it('counts on from one run to the next, and prints nothing but the count', async () => {
  const { tally } = await place()
  expect(await tally('counter', 'increment')).toEqual({ code: 0, stdout: '1\n', stderr: '' })
  expect((await tally('counter', 'increment', '--by', '41')).stdout).toBe('42\n')
  expect((await tally('count', 'show')).stdout).toBe('42\n')
  expect((await tally('counter', 'increment', '--by', '-2')).stdout).toBe('40\n')
  expect((await tally('counter', 'reset')).stdout).toBe('0\n')
  expect((await tally('counter', 'show')).stdout).toBe('0\n')
})

it('counts on over edits of its plugin between runs, and while that was broken', async () => {
  const { tally, edit } = await place()
  await tally('counter', 'increment')
  await edit('counter.ts', 'const STEP = 1\n', 'const STEP = 10\n')
  expect((await tally('counter', 'increment')).stdout).toBe('11\n')
  await edit('counter.ts', 'const STEP = 10\n', 'const STEP = (10\n')
  expect((await tally('counter', 'increment')).code).toBe(1)
  await edit('counter.ts', 'const STEP = (10\n', 'const STEP = 100\n')
  expect((await tally('counter', 'increment')).stdout).toBe('111\n')
})

it('keeps the count in the folder for state of the user, or in that of --data, each its own', async () => {
  const here = await place()
  const home = join(here.folder, 'home')
  const user = here.with({ TALLY_DATA: '', HOME: home, XDG_STATE_HOME: join(here.folder, 'state') })
  const data = ['--data', join(here.folder, 'other')]
  expect((await user.tally('counter', 'increment')).stdout).toBe('1\n')
  expect((await user.tally('counter', 'increment')).stdout).toBe('2\n')
  expect(await readdir(join(here.folder, 'state/tally/state'))).toEqual(['counter.state'])
  expect((await user.tally(...data, 'counter', 'increment')).stdout).toBe('1\n')
  expect(await readdir(join(here.folder, 'other/state'))).toEqual(['counter.state'])
})

it('loses nothing where several processes count at once', async () => {
  const { tally } = await place()
  const all = await Promise.all(Array.from({ length: 6 }, () => tally('counter', 'increment')))
  expect(all.map(({ stdout }) => Number(stdout)).sort()).toEqual([1, 2, 3, 4, 5, 6])
})

it('is not held up by a process that died while it had the state', async () => {
  const { tally, data } = await place()
  await tally('counter', 'increment')
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'exit')
  const lock = join(data, 'state.lock')
  await writeFile(lock, JSON.stringify({ pid: dead.pid, as: 'shell', since: Date.now() }))
  expect(await tally('counter', 'increment')).toMatchObject({ code: 0, stdout: '2\n' })
  // Of a process before the machine was started, whose number somebody else has now.
  await writeFile(lock, JSON.stringify({ pid: process.pid, as: 'shell', since: 0 }))
  expect(await tally('counter', 'increment')).toMatchObject({ code: 0, stdout: '3\n' })
  await expect(readFile(lock)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('is drawn by a plugin that uses its service', async () => {
  const { tally } = await place()
  await tally('counter', 'increment', '--by', '12')
  expect((await tally('chart')).stdout).toBe(`${'█'.repeat(12)} 12\n`)
  expect((await tally('chart', 'hash', '--width', '5')).stdout).toBe('#####… 12\n')
})
