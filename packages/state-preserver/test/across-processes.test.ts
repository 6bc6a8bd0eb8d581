import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileStateStore } from '../src/index.ts'
import { buildChild, run, temporaryFolder } from './stored.ts'

const KILLS = 100
const KILLS_BUDGET_MS = 20_000

test('a counter counts on from one process to the next, encrypted or not', async () => {
  const script = await buildChild('counter.ts')
  for (const key of [[], [randomBytes(32).toString('hex')]]) {
    const folder = await temporaryFolder()
    const counts: string[] = []
    for (let round = 0; round < 3; round++) counts.push((await run([process.execPath, script, folder, ...key])).trim())
    expect(counts).toEqual(['1', '2', '3'])
  }
})

test('two processes that write the same state leave one of the two, whole', async () => {
  const script = await buildChild('counter.ts')
  const folder = await temporaryFolder()
  await Promise.all([0, 1, 2].map(() => run([process.execPath, script, folder])))
  const snapshot = await new FileStateStore({ folder }).read('counter')
  expect([{ count: 1 }, { count: 2 }, { count: 3 }]).toContainEqual(snapshot?.state)
})

test(`a process that is killed at any moment leaves the last good snapshot, ${KILLS} times (fault 54)`, {
  timeout: 2 * KILLS_BUDGET_MS,
}, async () => {
  const script = await buildChild('endless-writer.ts')
  const folder = await temporaryFolder()
  const store = new FileStateStore({ folder, key: Buffer.alloc(32, 7) })
  const end = performance.now() + KILLS_BUDGET_MS
  let kills = 0
  let drafts = 0
  let last = 0
  for (; kills < KILLS && performance.now() < end; kills++) {
    const told = await killSoon([script, folder])
    const snapshot = await store.read('writer')
    const { number, fill } = (snapshot?.state ?? { number: 0, fill: '' }) as { number: number; fill: string }
    // What was told to be written is there, or the one after it.
    expect(number).toBeGreaterThanOrEqual(Math.max(told, last))
    expect(number).toBeLessThanOrEqual(Math.max(told, last) + 1)
    if (number > 0) expect(fill).toBe(String(number).repeat(2_000 + (number % 7) * 20_000))
    last = number
    drafts = (await readdir(folder)).filter((name) => name.endsWith('.tmp')).length
  }
  expect(kills).toBeGreaterThan(30)
  expect(last).toBeGreaterThan(kills)
  // It was hit in mid-write, or this test shows nothing.
  expect(drafts).toBeGreaterThan(0)
})

test('a full disk is told, and costs neither the copy in memory nor the last file (fault 53)', async ({ skip }) => {
  const isPermitted = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  skip(!isPermitted, 'a small disk can only be made where unshare and mount are permitted')
  const script = await buildChild('full-disk.ts')
  const folder = await temporaryFolder()
  const inside = 'mount -t tmpfs -o size=1m,mode=0700 none "$1" && exec "$2" "$3" "$1"'
  const printed = await run(['unshare', '-Urm', 'sh', '-c', inside, 'sh', folder, process.execPath, script])
  expect(JSON.parse(printed)).toEqual({
    code: 'CFP_STATE_WRITE_FAILED',
    cause: 'ENOSPC',
    told: ['CFP_STATE_WRITE_FAILED'],
    inMemory: 4 * 1024 * 1024,
    loadedHere: 4 * 1024 * 1024,
    onDisk: 'small',
    files: ['big.state'],
    healed: 'small again',
  })
})

test('the key is in no file', async () => {
  const script = await buildChild('counter.ts')
  const folder = await temporaryFolder()
  const key = randomBytes(32)
  await run([process.execPath, script, folder, key.toString('hex')])
  const file = await readFile(join(folder, 'counter.state'))
  expect(file.includes(key)).toBe(false)
  expect(file.includes('count')).toBe(false)
})

/** Starts a process, kills it at a random moment after its first word, and gives the last number that it told. */
function killSoon(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  let isDoomed = false
  child.stdout.on('data', (data) => {
    out += data
    if (isDoomed) return
    isDoomed = true
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 40)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      const whole = out.slice(0, out.lastIndexOf('\n') + 1).trim()
      resolve(Number(whole.split('\n').at(-1)))
    })
  })
}
