import { spawn, spawnSync } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAudit } from '../src/index.ts'
import { buildChild, run, temporaryFolder } from './watched.ts'

const KILLS = 20
const all = { limit: Number.POSITIVE_INFINITY }

test.each([
  ['one file', 1024 * 1024 * 1024],
  ['files that are put aside all the time', 100_000],
])(
  'a process that is killed while it appends loses nothing that was written: %s',
  async (_, maxBytes) => {
    const script = await buildChild('endless-appender.ts')
    const file = join(await temporaryFolder(), 'audit.jsonl')
    let promised = 0
    for (let kill = 0; kill < KILLS; kill++) promised += await killSoon([script, file, String(maxBytes)])
    const { entries, unreadable } = await readAudit(file, all)
    expect(promised).toBeGreaterThan(KILLS * 50)
    // Each may have been killed after a write that it did not come to tell.
    expect(entries.length).toBeGreaterThanOrEqual(promised)
    expect(unreadable).toBeLessThanOrEqual(KILLS)
    // Of each process all, in order.
    const last = new Map<number, number>()
    for (const { pid, seq } of entries) {
      expect(seq).toBe((last.get(pid) ?? 0) + 1)
      last.set(pid, seq)
    }
    expect(last.size).toBe(KILLS)
  },
  60_000,
)

test.each([
  ['one file', 1024 * 1024 * 1024],
  ['files that are put aside all the time', 50_000],
])('processes that append side by side tear no line and lose none: %s', async (_, maxBytes) => {
  const script = await buildChild('appender.ts')
  const folder = await temporaryFolder()
  const file = join(folder, 'audit.jsonl')
  const hosts = ['one', 'two', 'three']
  const COUNT = 1500
  const outcomes = await Promise.all(
    hosts.map((host) => run([process.execPath, script, file, host, String(COUNT), String(maxBytes)])),
  )
  for (const outcome of outcomes) expect(JSON.parse(outcome)).toEqual({ lost: 0, written: COUNT })
  const { entries, unreadable } = await readAudit(file, all)
  expect(unreadable).toBe(0)
  for (const host of hosts) {
    const numbers = entries.filter((entry) => entry.host === host).map(({ subject }) => Number(subject))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1))
  }
  const aside = (await readdir(folder)).filter((name) => /\.\d+$/.test(name))
  expect(aside.length > 2).toBe(maxBytes === 50_000)
  // Each was full: no two processes put one aside after another for the same reason.
  for (const name of aside) expect((await stat(join(folder, name))).size).toBeGreaterThan(maxBytes / 2)
  expect(await readdir(folder)).not.toContain('audit.jsonl.lock')
})

test('a process that ends without a word has written all, once, in order, whatever it was about to do', async () => {
  const script = await buildChild('quitter.ts')
  const folder = await temporaryFolder()
  for (let turns = 0; turns < 10; turns++) {
    const file = join(folder, `${turns}.jsonl`)
    await run([process.execPath, script, file, String(turns)])
    const { entries, unreadable } = await readAudit(file, all)
    expect([turns, entries.map(({ seq }) => seq)]).toEqual([turns, Array.from({ length: 2100 }, (_, at) => at + 1)])
    expect(unreadable).toBe(0)
  }
}, 60_000)

test('a full disk is told, and costs no entry once there is room again', async ({ skip }) => {
  const isPermitted = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  skip(!isPermitted, 'a small disk can only be made where unshare and mount are permitted')
  const script = await buildChild('full-disk.ts')
  const folder = await temporaryFolder()
  const inside = 'mount -t tmpfs -o size=1m,mode=0700 none "$1" && exec "$2" "$3" "$1"'
  const printed = await run(['unshare', '-Urm', 'sh', '-c', inside, 'sh', folder, process.execPath, script])
  const { written, waiting, ...outcome } = JSON.parse(printed)
  // A part of it was written, which shows that the disk was full in the midst of it.
  expect(written).toBeGreaterThan(50)
  expect(written + waiting).toBe(1000)
  expect(outcome).toMatchObject({ lost: 0, code: 'CFP_AUDIT_WRITE_FAILED', healed: true, readWhileFull: written })
  expect(outcome.told[0]).toBe('CFP_AUDIT_WRITE_FAILED')
  expect(outcome.told).toHaveLength(2)
  expect(outcome.numbers).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1))
  expect(outcome.unreadable).toBeLessThanOrEqual(1)
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
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 30)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => {
      const whole = out.slice(0, out.lastIndexOf('\n') + 1).trim()
      resolve(Number(whole.split('\n').at(-1)))
    })
  })
}
