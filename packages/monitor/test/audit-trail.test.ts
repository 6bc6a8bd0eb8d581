import { execFileSync } from 'node:child_process'
import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { expect, onTestFinished, test } from 'vitest'
import { AuditTrail, type AuditTrailOptions, readAudit } from '../src/index.ts'
import { publisher, temporaryFolder } from './watched.ts'

/** A started trail over a host of its own, in a folder of its own. */
async function trailOf(options: Partial<AuditTrailOptions> = {}) {
  const from = publisher()
  const file = join(await temporaryFolder(), 'audit.jsonl')
  const told: string[] = []
  const trail = new AuditTrail({ file, host: from.host, onError: ({ code }) => told.push(code), ...options })
  await trail.start()
  onTestFinished(() => trail.stop().then(() => {}))
  return { trail, file, from, told }
}

const all = { limit: Number.POSITIVE_INFINITY }

test('each transition is one entry, in the order in which they were published', async () => {
  const { trail, file, from } = await trailOf()
  from.state('auth', 'resolved', 'starting')
  from.state('auth', 'starting', 'failed', new PluginError('CFP_SETUP_FAILED', 'no database'))
  from.state('auth', 'failed', 'starting')
  expect(await trail.flush()).toBe(true)
  const { entries, unreadable } = await readAudit(file)
  const why = { reason: 'no database', code: 'CFP_SETUP_FAILED' }
  const common = { action: 'transition', plugin: 'auth', host: from.host, pid: process.pid }
  expect(entries).toEqual([
    { ...common, seq: 1, time: expect.any(String), outcome: 'done', from: 'resolved', to: 'starting' },
    { ...common, seq: 2, time: expect.any(String), outcome: 'failed', from: 'starting', to: 'failed', ...why },
    { ...common, seq: 3, time: expect.any(String), outcome: 'done', from: 'failed', to: 'starting' },
  ])
  expect(unreadable).toBe(0)
  expect(trail.status).toEqual({ file, written: 3, waiting: 0, lost: 0, error: undefined })
})

test('denials, switched-off handlers, changes of the configuration and reloads are entries; plans of reloads are not', async () => {
  const { trail, file, from } = await trailOf()
  from.audit({
    action: 'access',
    outcome: 'denied',
    plugin: 'shop',
    subject: 'service:database',
    reason: 'not permitted',
  })
  from.audit({ action: 'handler.switch-off', outcome: 'done', plugin: 'shop', subject: 'order.*' })
  from.audit({ action: 'config.change', outcome: 'failed', subject: 'shop', reason: 'ttl must be a number' })
  const lists = { started: [], unloaded: ['old'], rolledBack: [] }
  from.reload({ plan: {} })
  from.reload({ report: { outcome: 'committed', members: ['shop', 'cart'], ...lists, durationMs: 12.34567 } })
  from.reload({ report: { outcome: 'kept', members: [], ...lists, durationMs: 1, error: new Error('line 3: no') } })
  await trail.flush()
  const { entries } = await readAudit(file)
  expect(entries.map(({ time, host, pid, seq, ...entry }) => entry)).toEqual([
    { action: 'access', outcome: 'denied', plugin: 'shop', subject: 'service:database', reason: 'not permitted' },
    { action: 'handler.switch-off', outcome: 'done', plugin: 'shop', subject: 'order.*' },
    { action: 'config.change', outcome: 'failed', subject: 'shop', reason: 'ttl must be a number' },
    { action: 'reload', outcome: 'done', result: 'committed', plugins: ['shop', 'cart', 'old'], durationMs: 12.346 },
    { action: 'reload', outcome: 'failed', result: 'kept', plugins: ['old'], durationMs: 1, reason: 'line 3: no' },
  ])
})

test('only the host that was named is listened to, and nobody once it has stopped', async () => {
  const { trail, file, from } = await trailOf()
  publisher().state('auth', 'starting', 'active')
  from.state('mine', 'starting', 'active')
  await trail.stop()
  from.state('mine', 'active', 'stopped')
  expect((await readAudit(file)).entries.map(({ plugin, to }) => [plugin, to])).toEqual([['mine', 'active']])
})

test('line breaks, control characters and what turns the order of writing are escaped, and read back as they were (fault 76)', async () => {
  const { trail, file, from } = await trailOf()
  const forged = '\n{"time":"2026-01-01T00:00:00.000Z","action":"access","outcome":"done"}\r\n'
  const nasty = `${forged}\u0000\u001b[2J\u007f\u0085\u2028\u2029\u202e\u2066\ufeff\u200b"\\\ud800`
  from.audit({ action: 'access', outcome: 'denied', plugin: nasty, subject: nasty, reason: nasty })
  from.state(nasty, nasty, nasty, new PluginError(nasty, nasty))
  await trail.flush()
  const text = await readFile(file, 'utf8')
  expect(text.split('\n')).toHaveLength(3)
  expect(text.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]+$/)
  const { entries } = await readAudit(file)
  expect(entries).toHaveLength(2)
  expect(entries[0]).toMatchObject({ outcome: 'denied', plugin: nasty, subject: nasty, reason: nasty })
  expect(entries[1]).toMatchObject({ action: 'transition', plugin: nasty, from: nasty, code: nasty })
})

test('secrets are taken out of every text, and a text that cannot be looked through is not kept (fault 77)', async () => {
  const hideSecrets = (text: string) => {
    if (text.includes('unlucky')) throw new Error('cannot')
    return text.replaceAll('hunter2"', '***')
  }
  const { trail, file, from } = await trailOf({ hideSecrets })
  from.audit({ action: 'access', outcome: 'denied', plugin: 'a', subject: 'is hunter2"', reason: 'unlucky hunter2"' })
  from.state('a', 'starting', 'failed', new Error('password hunter2" is wrong'))
  from.reload({
    report: { outcome: 'kept', members: ['hunter2"'], started: [], unloaded: [], rolledBack: [], durationMs: 1 },
  })
  await trail.flush()
  expect(await readFile(file, 'utf8')).not.toContain('hunter2')
  const { entries } = await readAudit(file)
  expect(entries[0]).toMatchObject({ subject: 'is ***', reason: '(hidden: hideSecrets failed)' })
  expect(entries[1]).toMatchObject({ reason: 'password *** is wrong' })
  expect(entries[2]).toMatchObject({ plugins: ['***'] })
})

test('what is published in another shape than it should have stops nothing', async () => {
  const { trail, file, from } = await trailOf()
  from.audit(null as never)
  from.reload({ report: null as never })
  from.state({ toString: () => 'thing' } as never, 1 as never, undefined as never)
  from.state('auth', 'starting', 'active')
  await trail.flush()
  expect((await readAudit(file)).entries.at(-1)).toMatchObject({ plugin: 'auth', to: 'active' })
})

test('a text of any length is cut, and so is a list', async () => {
  const { trail, file, from } = await trailOf()
  from.state('auth', 'starting', 'failed', new Error('x'.repeat(100_000)))
  const members = Array.from({ length: 1000 }, (_, at) => `plugin-${at}`)
  from.reload({ report: { outcome: 'kept', members, started: [], unloaded: [], rolledBack: [], durationMs: 1 } })
  await trail.flush()
  const [first, second] = (await readAudit(file)).entries
  expect(first?.reason).toMatch(/^x{1000}… \(99000 more\)$/)
  expect(second?.plugins).toHaveLength(101)
  expect(second?.plugins?.at(-1)).toBe('(900 more)')
})

test('the file is the user’s alone', async () => {
  const { file } = await trailOf()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a file that others may write to, a link, a folder and a pipe are refused', async () => {
  const folder = await temporaryFolder()
  const refused = async (file: string) => {
    const error = await new AuditTrail({ file }).start().catch((thrown: unknown) => thrown)
    return error instanceof PluginError ? error.code : error
  }
  const shared = join(folder, 'shared')
  await writeFile(shared, '')
  await chmod(shared, 0o666)
  const link = join(folder, 'link')
  await symlink(join(folder, 'elsewhere'), link)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await mkdir(join(folder, 'folder'))
  for (const file of [shared, link, pipe, join(folder, 'folder')])
    expect(await refused(file)).toBe('CFP_AUDIT_FILE_UNSAFE')
  expect(await refused(join(shared, 'below-a-file'))).toBe('CFP_AUDIT_OPEN_FAILED')
})

test('a full file is put aside, so many are kept, and all are read as one', async () => {
  const { trail, file, from } = await trailOf({ maxBytes: 2048, keep: 3 })
  for (let number = 0; number < 100; number++) {
    from.state(`plugin-${number}`, 'starting', 'active')
    await trail.flush()
  }
  const names = (await readdir(join(file, '..'))).sort()
  expect(names).toEqual(['audit.jsonl', 'audit.jsonl.1', 'audit.jsonl.2', 'audit.jsonl.3'])
  for (const name of names) expect((await stat(join(file, '..', name))).size).toBeLessThanOrEqual(2048)
  const { entries } = await readAudit(file, all)
  expect(entries.length).toBeGreaterThan(20)
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => 100 - entries.length + at + 1))
  expect(trail.status).toMatchObject({ written: 100, lost: 0 })
})

test('a file that was moved or removed under it is made again', async () => {
  const { trail, file, from } = await trailOf()
  from.state('one', 'starting', 'active')
  await trail.flush()
  await rename(file, `${file}.1`)
  from.state('two', 'starting', 'active')
  await trail.flush()
  await rm(file)
  from.state('three', 'starting', 'active')
  await trail.flush()
  expect((await readAudit(file)).entries.map(({ plugin }) => plugin)).toEqual(['one', 'three'])
})

test('a line that was cut off stays alone: what comes next begins a new one', async () => {
  const { trail, file, from } = await trailOf()
  from.state('one', 'starting', 'active')
  await trail.stop()
  const handle = await open(file, 'a')
  await handle.write('{"time":"2026-11-21T10:00:00.000Z","action":"trans')
  await handle.close()
  await trail.start()
  from.state('two', 'starting', 'active')
  await trail.flush()
  const { entries, unreadable } = await readAudit(file)
  expect(entries.map(({ plugin }) => plugin)).toEqual(['one', 'two'])
  expect(unreadable).toBe(1)
})

test('what cannot be written is told once, kept up to a bound, and written in order when it can be; the gap is told', async () => {
  const { trail, file, from, told } = await trailOf({ maxWaiting: 5 })
  from.state('before', 'starting', 'active')
  await trail.flush()
  // In the place of the file there is a folder: nothing can be opened there.
  await rm(file)
  await mkdir(file)
  for (let number = 1; number <= 8; number++) from.state(`plugin-${number}`, 'starting', 'active')
  expect(await trail.flush()).toBe(false)
  expect(trail.status).toMatchObject({ written: 1, waiting: 5, lost: 3, error: { code: 'CFP_AUDIT_WRITE_FAILED' } })
  expect(told.sort()).toEqual(['CFP_AUDIT_ENTRIES_LOST', 'CFP_AUDIT_WRITE_FAILED'])
  await rm(file, { recursive: true })
  expect(await trail.flush()).toBe(true)
  from.state('after', 'starting', 'active')
  await trail.flush()
  const { entries } = await readAudit(file)
  expect(entries.map(({ plugin, action, seq }) => [seq, plugin ?? action])).toEqual([
    ...[1, 2, 3, 4, 5].map((number) => [number + 1, `plugin-${number}`]),
    [10, 'audit.lost'],
    [11, 'after'],
  ])
  expect(entries[5]?.reason).toBe('3 entries could not be kept.')
  expect(trail.status).toMatchObject({ waiting: 0, lost: 3, error: undefined })
})

test('it tries again by itself', async () => {
  const { trail, file, from } = await trailOf()
  await rm(file)
  await mkdir(file)
  from.state('late', 'starting', 'active')
  await trail.flush()
  await rm(file, { recursive: true })
  await expect.poll(() => trail.status.waiting, { timeout: 5000 }).toBe(0)
  expect((await readAudit(file)).entries.map(({ plugin }) => plugin)).toEqual(['late'])
})

test('what is not written when it stops is told, and the stop ends within its bound', async () => {
  const { trail, file, from, told } = await trailOf({ timeoutMs: 200 })
  await rm(file)
  await mkdir(file)
  from.state('never', 'starting', 'active')
  expect(await trail.stop()).toMatchObject({ written: 0, waiting: 0, lost: 1 })
  expect(told).toContain('CFP_AUDIT_ENTRIES_LOST')
})

test('onError that throws hurts nobody', async () => {
  const { trail, file, from } = await trailOf({
    onError: () => {
      throw new Error('mine')
    },
  })
  await rm(file)
  await mkdir(file)
  from.state('auth', 'starting', 'active')
  expect(await trail.flush()).toBe(false)
  expect(trail.status.error?.code).toBe('CFP_AUDIT_WRITE_FAILED')
})

test.each([
  [{ file: '' }, /file must be a text, not ""/],
  [{ file: 'a\0b' }, /file/],
  [{ file: 'x', maxBytes: 10 }, /maxBytes must be a whole number from 1024, not 10/],
  [{ file: 'x', keep: 0 }, /keep/],
  [{ file: 'x', maxWaiting: 1.5 }, /maxWaiting/],
  [{ file: 'x', timeoutMs: Number.NaN }, /timeoutMs/],
  [{ file: 'x', hideSecrets: 'secret' as never }, /hideSecrets must be a function/],
])('options that cannot be are refused: %j', (options, message) => {
  expect(() => new AuditTrail(options)).toThrow(
    expect.objectContaining({ code: 'CFP_MONITOR_OPTIONS', message: expect.stringMatching(message) }),
  )
})

test('what is published while the file is opened is written too, also by a stop that comes at once', async () => {
  const from = publisher()
  const file = join(await temporaryFolder(), 'below', 'audit.jsonl')
  const trail = new AuditTrail({ file, host: from.host })
  const starting = trail.start()
  from.state('early', 'starting', 'active')
  const [one, two] = await Promise.all([trail.stop(), trail.stop(), starting])
  expect(one).toMatchObject({ written: 1, waiting: 0, lost: 0 })
  expect(two).toBe(one)
  expect((await readAudit(file)).entries.map(({ plugin }) => plugin)).toEqual(['early'])
})

test('an entry that throws when it is looked at is counted as lost, and hurts nobody', async () => {
  const { trail, file } = await trailOf()
  const hostile = {
    action: 'test',
    outcome: 'done' as const,
    get subject(): string {
      throw new Error('mine')
    },
  }
  trail.record(hostile)
  trail.record({ action: 'test', outcome: 'done' })
  await trail.flush()
  expect(trail.status).toMatchObject({ written: 2, lost: 1 })
  const { entries } = await readAudit(file)
  expect(entries.map(({ action, seq }) => [seq, action])).toEqual([
    [2, 'audit.lost'],
    [3, 'test'],
  ])
})

test('when and by whom an entry was made nobody can say but the trail', async () => {
  const { trail, file } = await trailOf()
  trail.record({ action: 'test', outcome: 'done', time: 'never', pid: 1, seq: 99 } as never)
  await trail.flush()
  const [entry] = (await readAudit(file)).entries
  expect(entry).toMatchObject({ pid: process.pid, seq: 1, time: expect.stringMatching(/^\d{4}-/) })
})
