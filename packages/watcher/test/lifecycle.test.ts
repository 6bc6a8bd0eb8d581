// Start, stop, what callbacks throw, and bad options. Fault row 10.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { ReloadTrigger, type ReloadTriggerOptions, WatcherError, WatcherErrorCodes } from '../src/index.ts'
import { makeFolder, NOTHING_MS, record, runChild, until, watch } from './watching.ts'

test('nothing is told after stop() is called, and it may be called again', async () => {
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  writeFileSync(file, 'old')
  const { trigger, changes, errors } = await watch(folder)
  writeFileSync(file, 'new')
  await sleep(30)
  const stopped = trigger.stop()
  writeFileSync(file, 'newer')
  await Promise.all([stopped, trigger.stop(), trigger[Symbol.asyncDispose]()])
  writeFileSync(file, 'newest')
  await sleep(NOTHING_MS)
  expect(changes()).toEqual([])
  expect(errors).toEqual([])
})

test('a stopped trigger holds nothing: its process ends by itself', () => {
  const told = runChild('stops.ts', [makeFolder()])
  expect(told).toEqual({ changes: 1, resources: [] })
})

test('start() may be called once', async () => {
  const { trigger } = await watch(makeFolder())
  await expect(trigger.start()).rejects.toMatchObject({ code: 'CFP_WATCH_STARTED' })
  await trigger.stop()
  await expect(trigger.start()).rejects.toMatchObject({ code: 'CFP_WATCH_STOPPED' })
})

test('start() ends with the reason of its signal, before and while it runs', async () => {
  const folder = makeFolder()
  const before = record(folder)
  await expect(before.trigger.start({ signal: AbortSignal.abort('no') })).rejects.toBe('no')
  const during = record(folder)
  const controller = new AbortController()
  const starting = during.trigger.start({ signal: controller.signal })
  controller.abort('changed my mind')
  await expect(starting).rejects.toBe('changed my mind')
  writeFileSync(join(folder, 'a.ts'), 'x')
  await sleep(NOTHING_MS)
  expect(during.changes()).toEqual([])
})

test('start() gives up after startTimeoutMs', async () => {
  const folder = makeFolder()
  for (let index = 0; index < 300; index++) mkdirSync(join(folder, `f${index}`))
  const { trigger } = record(folder, { startTimeoutMs: 1 })
  await expect(trigger.start()).rejects.toMatchObject({ code: 'CFP_WATCH_START_TIMEOUT' })
})

test('stop() while start() runs ends both', async () => {
  const { trigger } = record(makeFolder())
  const refused = expect(trigger.start()).rejects.toMatchObject({ code: 'CFP_WATCH_STOPPED' })
  await trigger.stop()
  await refused
})

test.each([
  [
    'throws',
    () => {
      throw new Error('oops')
    },
  ],
  ['rejects', async () => Promise.reject(new Error('oops'))],
])('an onChanges that %s is told to onError, and watching goes on (fault 10)', async (_how, fail) => {
  const folder = makeFolder()
  const file = join(folder, 'a.ts')
  let calls = 0
  const { errors } = await watch(folder, {
    onChanges: () => {
      calls++
      return fail()
    },
  })
  for (const round of [1, 2]) {
    writeFileSync(file, String(round))
    await until(() => calls === round && errors.length === round, `round ${round} is told`)
  }
  expect(errors[0]).toMatchObject({ code: 'CFP_WATCH_CALLBACK_FAILED', cause: { message: 'oops' } })
  expect(errors[0]?.message).toContain('onChanges')
})

test('what an onError throws, and what no onError hears, become warnings of the process (fault 10)', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const folder = makeFolder()
  const onChanges = () => {
    throw new Error('of onChanges')
  }
  const onError = () => {
    throw new Error('of onError')
  }
  await watch(folder, { onChanges, onError })
  const deaf = new ReloadTrigger({ roots: [folder], onChanges })
  onTestFinished(() => deaf.stop())
  await deaf.start()
  writeFileSync(join(folder, 'a.ts'), 'x')
  const messages = () => warnings.map(({ message }) => message).join('\n')
  await until(() => messages().includes('of onError') && messages().includes('of onChanges'), 'both are warned of')
})

test.skipIf(process.platform === 'win32')(
  'a file and a folder that may not be read are reported, and told when they may (fault 14)',
  async (ctx) => {
    const folder = makeFolder()
    if (process.getuid?.() === 0) {
      try {
        execFileSync('setpriv', ['--reuid=65534', '--clear-groups', 'true'])
      } catch {
        ctx.skip('root may read everything, and setpriv is not there to be someone else')
      }
      execFileSync('chown', ['65534', folder])
    }
    const told = runChild(
      'unreadable.ts',
      [folder],
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : [],
    )
    expect(told).toEqual({
      errors: [
        ['CFP_WATCH_FAILED', 'locked'],
        ['CFP_WATCH_UNREADABLE', 'a.ts'],
      ],
      changes: [
        ['change', 'a.ts'],
        ['add', 'b.ts'],
      ],
      survived: true,
    })
  },
)

test.each<[string, Partial<ReloadTriggerOptions>]>([
  ['roots', { roots: [] }],
  ['onChanges', { onChanges: undefined as never }],
  ['debounceMs', { debounceMs: Number.NaN }],
  ['settleTimeoutMs', { settleTimeoutMs: -1 }],
  ['unlinkGraceMs', { unlinkGraceMs: '500' as never }],
  ['startTimeoutMs', { startTimeoutMs: Number.POSITIVE_INFINITY }],
  ['extensions', { extensions: ['ts'] }],
])('bad %s are refused by name', (name, options) => {
  const make = () => new ReloadTrigger({ roots: ['x'], onChanges: () => {}, ...options })
  expect(make).toThrow(WatcherError)
  expect(make).toThrow(expect.objectContaining({ code: 'CFP_WATCH_OPTIONS', message: expect.stringContaining(name) }))
})

test('every code says when it happens and what to do', () => {
  for (const [code, text] of Object.entries(WatcherErrorCodes)) {
    expect(code).toMatch(/^CFP_WATCH_[A-Z_]+$/)
    expect(text).toMatch(/: .+\.$/)
  }
})
