// Folders that go and come back, links, and what the system refuses: watches, rights.
import { execFileSync } from 'node:child_process'
import { chownSync, symlinkSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, type TestContext } from 'vitest'
import { states } from '../plugin-folder.ts'
import { counter, plugin } from '../sources.ts'
import { faultFolder, logging, temporaryFolder } from './fault-folder.ts'

/** A folder beside the one of `counter`, with a plugin that keeps a word. */
async function withSecondRoot() {
  const root = await temporaryFolder()
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const source = (word: string) =>
    plugin(
      'away',
      {
        state:
          '{ version: 0, save: () => ({ calls }), restore: (state: { calls: number }) => { calls = state.calls } }',
        setup: `() => ({ call: () => '${word} ' + ++calls })`,
      },
      'let calls = 0',
    )
  await writeFile(join(root, 'away.ts'), source('old'))
  const path = await temporaryFolder()
  const folder = await faultFolder({}, { paths: [path, root] }, path)
  return { root, folder, source, call: () => folder.service<{ call(): string }>('away').call() }
}

it.each([100, 900])(
  'takes up a root that is removed and made again %i ms later, with the state (fault 5)',
  async (gap) => {
    const { root, folder, source, call } = await withSecondRoot()
    expect(call()).toBe('old 1')
    await rm(root, { recursive: true })
    await sleep(gap)
    await mkdir(root)
    await writeFile(join(root, 'away.ts'), source('new'))
    await expect.poll(() => states(folder).away === 'active' && call(), { timeout: 5000 }).toMatch(/^new [2-9]/)
    await folder.reported(() => writeFile(join(root, 'away.ts'), source('newer')))
    expect(call()).toMatch(/^newer/)
    folder.counts()
    await folder.untouched()
  },
)

it.each([100, 900])(
  'takes up a root that is renamed away and back %i ms later, with the state (fault 6)',
  async (gap) => {
    const { root, folder, source, call } = await withSecondRoot()
    expect(call()).toBe('old 1')
    await rename(root, `${root}-away`)
    await sleep(gap)
    await writeFile(join(`${root}-away`, 'away.ts'), source('edited'))
    await rename(`${root}-away`, root)
    await expect.poll(() => states(folder).away === 'active' && call(), { timeout: 5000 }).toMatch(/^edited [2-9]/)
    await folder.reported(() => writeFile(join(root, 'away.ts'), source('newer')))
    expect(call()).toMatch(/^newer/)
    folder.counts()
    await folder.untouched()
  },
)

it('makes one reload of a change that a circle of links shows many times (fault 7)', async () => {
  const path = await temporaryFolder()
  await mkdir(join(path, 'sub'))
  symlinkSync(path, join(path, 'sub/loop'))
  symlinkSync(join(path, 'sub'), join(path, 'again'))
  symlinkSync('self.ts', join(path, 'self.ts'))
  const folder = await faultFolder({}, {}, path)
  expect(folder.started.active.filter((name) => name === 'counter')).toHaveLength(1)
  await folder.reported(() => folder.save('counter.ts', counter(2)))
  folder.counts(2)
  // What came of the first change would have come by the time that a second one is dealt with.
  await folder.reported(() => folder.save('counter.ts', counter(3)))
  folder.counts(3)
  expect(folder.reports.map(({ outcome }) => outcome)).toEqual(['committed', 'committed'])
  await folder.untouched()
})

it('refuses code behind a link that leaves the root, as a plugin and as an import (fault 8)', async () => {
  const outside = await temporaryFolder()
  onTestFinished(() => rm(outside, { recursive: true, force: true }))
  await writeFile(join(outside, 'evil.ts'), plugin('evil', { setup: "() => { throw new Error('it ran') }" }))
  const path = await temporaryFolder()
  symlinkSync(join(outside, 'evil.ts'), join(path, 'evil.ts'))
  symlinkSync(join(outside, 'evil.ts'), join(path, '_evil.ts'))
  const folder = await faultFolder({}, {}, path)
  expect(folder.started.failed).toMatchObject([{ error: { code: 'CFP_LINK_OUTSIDE', file: join(path, 'evil.ts') } }])
  await folder.fault(() => folder.save('counter.ts', `import './_evil.ts'\n${counter(2)}`), {
    code: 'CFP_LINK_OUTSIDE',
    phase: 'load',
    line: 1,
    message: /_evil\.ts is a symbolic link to .*, outside the plugin folders/,
  })
  await folder.heal()
  expect(states(folder)).not.toHaveProperty('evil')
})

it('reloads by polling, and tells its health, where the system has no watches left (fault 9)', async (ctx) => {
  const wrapper = withoutWatches(ctx)
  const path = await temporaryFolder()
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  await writeFile(join(path, 'counter.ts'), counter(1))
  await writeFile(join(path, 'bystander.ts'), plugin('bystander', { setup: '() => ({})' }))
  const node = [process.execPath, '--conditions=@cf-plugins/source', '--import', 'tsx']
  const [command = '', ...rest] = [...wrapper, ...node, join(import.meta.dirname, 'few-watches-child.ts'), path]
  const told = JSON.parse(execFileSync(command, rest, { encoding: 'utf8', timeout: 25_000, cwd: import.meta.dirname }))
  expect(told).toEqual({
    health: { status: 'degraded', message: expect.stringContaining('fs.inotify.max_user_watches') },
    warnings: [expect.stringContaining('poll')],
    counts: [1, 11, 21, 121],
    outcomes: ['committed', 'kept', 'committed'],
    unhandled: [],
    isThere: true,
    error: { code: 'CFP_SYNTAX', plugin: 'counter', line: 1, phase: 'load', generation: 3 },
  })
})

function withoutWatches(ctx: TestContext): string[] {
  const set = 'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"'
  const wrapper = ['unshare', '-Ur', 'sh', '-c', set, 'sh']
  try {
    execFileSync('unshare', [...wrapper.slice(1), 'true'], { stdio: 'pipe' })
  } catch (error) {
    ctx.skip(`a user namespace with a limit of its own can't be had here: ${error}`)
  }
  return wrapper
}

/** Takes root's rights away for the rest of the test, and gives `paths` to who is left. */
function asNobody(...paths: string[]): void {
  if (process.getuid?.() !== 0) return
  for (const path of paths) chownSync(path, 65534, 65534)
  process.seteuid?.(65534)
  onTestFinished(() => process.seteuid?.(0))
}

it('tells a watcher error to the log, and goes on (fault 10)', async () => {
  const { told, logger } = logging()
  const path = await temporaryFolder()
  await mkdir(join(path, 'locked'))
  const folder = await faultFolder({}, { logger }, path)
  asNobody(path, join(path, 'locked'), join(path, 'counter.ts'))
  await chmod(join(path, 'locked'), 0)
  const warned = () => told.filter(({ level, text }) => level === 'warn' && text.includes('locked'))
  await expect.poll(() => warned().length).toBeGreaterThan(0)
  expect(warned()[0]?.context.err).toMatchObject({ code: 'CFP_WATCH_FAILED', file: join(path, 'locked') })
  await folder.heal()
  await chmod(join(path, 'locked'), 0o755)
})

it('lets the old code serve when its file cannot be read any more, and takes up what it finds when it can (fault 14)', async () => {
  const folder = await faultFolder()
  const file = join(folder.path, 'counter.ts')
  asNobody(folder.path, file)
  await chmod(file, 0)
  await folder.fault(() => folder.reloader.reloadPlugin('counter'), { code: 'CFP_FILE_UNREADABLE', phase: 'load' })
  const next = join(folder.path, '.next')
  await writeFile(next, counter(2))
  await chmod(next, 0)
  await folder.fault(() => rename(next, file), { code: 'CFP_WATCH_UNREADABLE', phase: 'settle', in: 'any' })
  const report = await folder.reported(() => chmod(file, 0o644))
  expect(report.outcome).toBe('committed')
  folder.counts(2)
  await folder.heal()
})
