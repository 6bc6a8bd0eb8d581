// Several processes on one folder, and processes that do not live long.
import { spawn, spawnSync } from 'node:child_process'
import { link, readdir, readFile, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ResourceManager } from '../src/index.ts'
import { buildChild, failure, run, temporaryFolder } from './resources.ts'

const KILLS = 100
const KILLS_BUDGET_MS = 20_000

test('no edit of four processes is lost: all that they counted is there, and what each said of it', async () => {
  const script = await buildChild('counter.ts')
  const folder = await temporaryFolder()
  const manager = new ResourceManager({ folder })
  await manager.create('counter', { count: 0 })
  const processes = ['a', 'b', 'c', 'd']
  await Promise.all(processes.map((own) => run([process.execPath, script, folder, own, '100'])))
  const { content, metadata, revision } = await manager.get('counter')
  expect(content).toEqual({ count: 400 })
  expect(metadata).toEqual({ a: 100, b: 100, c: 100, d: 100 })
  expect(revision).toMatch(/^801-/)
  expect(await readdir(folder)).toEqual(['counter.resource'])
})

test('what several processes create and delete at once is there as often as it was created more', async () => {
  const script = await buildChild('creator.ts')
  const folder = await temporaryFolder()
  const printed = await Promise.all([0, 1, 2].map(() => run([process.execPath, script, folder, '100'])))
  const done = printed.map((text) => JSON.parse(text) as { created: number; deleted: number })
  const sum = (key: 'created' | 'deleted') => done.reduce((total, each) => total + each[key], 0)
  expect(sum('created')).toBeGreaterThan(50)
  expect(sum('created') - sum('deleted')).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

test('two managers of one process are as two processes: a revision is followed once', async () => {
  const folder = await temporaryFolder()
  const managers = [0, 1, 2].map(() => new ResourceManager({ folder }))
  const [first] = managers
  const { revision } = await first!.create('a', 'one')
  for (let round = 0, last = revision; round < 30; round++) {
    const results = await Promise.allSettled(
      managers.map((manager, number) => manager.update('a', { content: `${number}` }, { ifRevision: last })),
    )
    const won = results.filter((result) => result.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason.code).toBe('CFP_RESOURCE_CONFLICT')
    last = won[0]!.value.revision
    expect((await first!.get('a')).revision).toBe(last)
  }
})

test(`a process that is killed at any moment leaves a whole resource, ${KILLS} times (fault 54)`, {
  timeout: 2 * KILLS_BUDGET_MS,
}, async () => {
  const script = await buildChild('endless-writer.ts')
  const folder = await temporaryFolder()
  const manager = new ResourceManager({ folder })
  const end = performance.now() + KILLS_BUDGET_MS
  let kills = 0
  let last = 0
  for (; kills < KILLS && performance.now() < end; kills++) {
    const told = await killSoon([script, folder])
    const { content, metadata } = await manager.get('log')
    const number = Number(metadata.number)
    // What was told to be written is there, or the one after it.
    expect(number).toBeGreaterThanOrEqual(Math.max(told, last))
    expect(number).toBeLessThanOrEqual(Math.max(told, last) + 1)
    expect(content).toBe(number === 0 ? '' : String(number).repeat(2_000 + (number % 7) * 20_000))
    last = number
  }
  expect(kills).toBeGreaterThan(30)
  expect(last).toBeGreaterThan(kills)
  // It was hit in mid-write, or this test shows nothing.
  expect((await readdir(folder)).length).toBeGreaterThan(1)
  // And goes on from there.
  await manager.update('log', { metadata: { ended: true } })
  expect((await manager.get('log')).metadata).toMatchObject({ ended: true })
})

describe('what a killed process leaves', () => {
  // As its files are after each step of an update or a deletion.
  async function killedAfter(step: 'draft' | 'claim' | 'move', next: object = {}) {
    const folder = await temporaryFolder()
    const manager = new ResourceManager({ folder })
    const { revision } = await manager.create('a', 'one', { metadata: { by: 'first' } })
    const file = join(folder, 'a.resource')
    const [line = '', content] = (await readFile(file, 'utf8')).split('\n')
    const head = { ...JSON.parse(line), revision: '2-aaaaaaaaaaaa', metadata: { by: 'killed' }, ...next }
    const draft = join(folder, '.a.resource.2-aaaaaaaaaaaa.draft')
    const claim = join(folder, `.a.resource.${revision}.next`)
    await writeFile(draft, `${JSON.stringify(head)}\n${content}`)
    if (step !== 'draft') await link(draft, claim)
    if (step === 'move') {
      await unlink(file)
      await link(draft, file)
      await unlink(draft)
    }
    return { folder, manager, revision, draft, claim }
  }

  test('before it has claimed anything is nothing, and is cleared away when it is old', async () => {
    const { folder, manager, draft } = await killedAfter('draft')
    expect((await manager.update('a', { metadata: { more: 1 } })).metadata).toEqual({ by: 'first', more: 1 })
    expect(await readdir(folder)).toHaveLength(2)
    await utimes(draft, 0, Date.now() / 1000 - 3600)
    const next = new ResourceManager({ folder })
    await next.find('a')
    await next.close()
    expect(await readdir(folder)).toEqual(['a.resource'])
  })

  test('once it has claimed the revision is brought to its end by whoever comes next', async () => {
    const { folder, manager, revision } = await killedAfter('claim')
    expect(await manager.get('a')).toMatchObject({ revision })
    const changed = await manager.update('a', { metadata: { more: 1 } })
    expect(changed).toMatchObject({ metadata: { by: 'killed', more: 1 }, revision: expect.stringMatching(/^3-/) })
    expect(await readdir(folder)).toEqual(['a.resource'])
  })

  test('is a conflict for whoever asked for the revision that it claimed', async () => {
    const { manager, revision } = await killedAfter('claim')
    const error = await failure(manager.update('a', { content: 'two' }, { ifRevision: revision }))
    expect(error.code).toBe('CFP_RESOURCE_CONFLICT')
    expect(await manager.get('a')).toMatchObject({ content: 'one', metadata: { by: 'killed' } })
  })

  test('after it has moved its draft is done, and its claim counts for nothing', async () => {
    const { folder, manager, claim } = await killedAfter('move')
    await manager.update('a', { metadata: { more: 1 } })
    expect((await manager.get('a')).metadata).toEqual({ by: 'killed', more: 1 })
    await utimes(claim, 0, Date.now() / 1000 - 3600)
    const next = new ResourceManager({ folder })
    await next.find('a')
    await next.close()
    expect(await readdir(folder)).toEqual(['a.resource'])
  })

  test('half-way through withdrawing a claim holds up nobody', async () => {
    const { folder, manager, draft } = await killedAfter('claim')
    await unlink(draft)
    expect((await manager.update('a', { metadata: { more: 1 } })).metadata).toEqual({ by: 'first', more: 1 })
    expect(await readdir(folder)).toEqual(['a.resource'])
  })

  test('half-way through a deletion holds the next change up, until it is old', async () => {
    const { folder, manager, claim, draft } = await killedAfter('claim', { deletes: true })
    const busy = await failure(manager.update('a', { metadata: { more: 1 } }, { timeoutMs: 1000 }))
    expect(busy.code).toBe('CFP_RESOURCE_BUSY')
    expect(await manager.get('a')).toMatchObject({ content: 'one', metadata: { by: 'first' } })
    for (const file of [claim, draft]) await utimes(file, 0, Date.now() / 1000 - 120)
    expect((await manager.update('a', { metadata: { more: 1 } })).metadata).toEqual({ by: 'first', more: 1 })
    await manager.delete('a')
    expect(await readdir(folder)).toEqual([])
  })
})

test('a full disk is told, and costs nothing that was there (fault 53)', async ({ skip }) => {
  const isPermitted = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  skip(!isPermitted, 'a small disk can only be made where unshare and mount are permitted')
  const script = await buildChild('full-disk.ts')
  const folder = await temporaryFolder()
  const inside = 'mount -t tmpfs -o size=1m,mode=0700 none "$1" && exec "$2" "$3" "$1"'
  const printed = await run(['unshare', '-Urm', 'sh', '-c', inside, 'sh', folder, process.execPath, script])
  expect(JSON.parse(printed)).toEqual({
    update: ['CFP_RESOURCE_IO', 'ENOSPC'],
    create: ['CFP_RESOURCE_IO', 'ENOSPC'],
    content: 'small',
    metadata: { x: 1 },
    files: ['a.resource'],
    healed: 'small again',
  })
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
