// State across processes of cf: where it is, who may read it, and what becomes of it when something goes wrong.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keyOfFolders } from '../src/folders.ts'
import { statePlace } from '../src/state-place.ts'
import { jsonLines, type Place, place } from './support/cf.ts'
import { counterSource, pluginSource } from './support/sources.ts'

const counter = { 'plugins/counter.ts': counterSource() }
const increment = ['counter', 'increment'] as const

/** Where cf keeps the state of a place's plugins by itself. */
const stateFolder = async ({ folder, states }: Place) =>
  join(states, keyOfFolders([join(await realpath(folder), 'plugins')]))

const counted = (count: number) => ({ code: 0, stdout: `count is ${count}\n`, stderr: '' })

describe('a plugin’s command', () => {
  test('counts on from one process to the next, in files of its user’s own', async () => {
    const here = await place(counter)
    for (let count = 1; count <= 3; count++) expect(await here.cf(...increment)).toMatchObject(counted(count))
    const folder = await stateFolder(here)
    const file = join(folder, 'counter.state')
    const modes = await Promise.all([file, folder].map(async (path) => (await stat(path)).mode & 0o777))
    expect([await readdir(folder), modes]).toEqual([['counter.state'], [0o600, 0o700]])
    expect((await here.cf('--verbose', ...increment)).stderr).toContain(`debug plugins' state is kept in ${folder}\n`)
  })

  test('counts on in other code, in a host that reloads it, and after that', async () => {
    const here = await place(counter)
    await here.cf(...increment)
    await here.save('plugins/counter.ts', counterSource(10))
    expect(await here.cf(...increment)).toMatchObject(counted(11))
    const host = here.start('run', 'plugins', '--watch')
    await host.until('1 active')
    await here.save('plugins/counter.ts', counterSource(100))
    await host.until(/^reloaded counter in \S+ ms, state of counter kept$/m)
    host.child.kill('SIGTERM')
    expect((await host.ended).code).toBe(0)
    expect(await here.cf(...increment)).toMatchObject(counted(111))
  })

  test('counts on after a host and a command were killed between two of its runs', async () => {
    const here = await place({
      ...counter,
      'plugins/endless.ts': pluginSource('endless', {
        body: `setup() { this.app.command('endless').action(() => new Promise(() => { console.log('endless'); setInterval(() => {}, 1000) })) }`,
      }),
    })
    expect(await here.cf(...increment)).toMatchObject(counted(1))
    for (const [args, sign] of [
      [['run', 'plugins'], '2 active'],
      [['endless'], 'endless'],
    ] as const) {
      const running = here.start(...args)
      await running.until(sign)
      running.child.kill('SIGKILL')
      await running.ended
    }
    expect(await here.cf(...increment)).toMatchObject(counted(2))
  })

  test('leaves the last good file when it is killed at any moment of its run (fault 54)', {
    timeout: 60_000,
  }, async () => {
    // Large enough that writing it takes a while.
    const source = counterSource().replace(
      '{ count: this.count }',
      '{ count: this.count, fill: "x".repeat(8_000_000) }',
    )
    const here = await place({ 'plugins/counter.ts': source })
    let at = 0
    const look = async () => {
      const { code, stdout, stderr } = await here.cf(...increment)
      expect([code, stderr]).toEqual([0, ''])
      const [, count] = /^count is (\d+)$/m.exec(stdout) ?? []
      return Number(count)
    }
    at = await look()
    let killed = 0
    for (let kill = 0; kill < 8; kill++) {
      const running = here.start(...increment)
      await running.until('count is')
      // From then on it saves, encodes, writes, syncs and renames.
      setTimeout(() => running.child.kill('SIGKILL'), 6 * kill)
      if ((await running.ended).signal === 'SIGKILL') killed++
      const next = await look()
      // The killed one's state is there as a whole, or it is not.
      expect([at + 1, at + 2]).toContain(next)
      at = next
    }
    expect(killed).toBeGreaterThan(0)
  })

  test('of two processes at once leaves the state of the last one, whole', async () => {
    const here = await place(counter)
    const ended = await Promise.all([1, 2, 3].map(() => here.cf(...increment)))
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(['count is 2\n', 'count is 3\n', 'count is 4\n']).toContain((await here.cf(...increment)).stdout)
  })

  test('is kept nothing of with --no-state, nor is a plugin that has no state', async () => {
    const here = await place({
      ...counter,
      'plugins/plain.ts': pluginSource('plain', { body: "setup() { this.app.command('plain').action(() => {}) }" }),
    })
    for (let run = 0; run < 2; run++) expect(await here.cf('--no-state', ...increment)).toMatchObject(counted(1))
    expect(await readdir(here.folder)).not.toContain('.states')
    expect(await here.cf('plain')).toMatchObject({ code: 0 })
    expect(await readdir(await stateFolder(here))).toEqual(['counter.state'])
  })
})

describe('the folder', () => {
  test('is that of --state-folder, or of CF_STATE_FOLDER, also for a host', async () => {
    const here = await place(counter)
    expect(await here.cf('--state-folder', 'one', ...increment)).toMatchObject(counted(1))
    expect(await here.with({ CF_STATE_FOLDER: 'one' }).cf(...increment)).toMatchObject(counted(2))
    expect(await here.with({ CF_STATE_FOLDER: 'two' }).cf('--state-folder', 'one', ...increment)).toMatchObject(
      counted(3),
    )
    expect((await here.cf('run', 'plugins', '--once', '--state-folder', 'two')).code).toBe(0)
    expect(await here.cf('--state-folder', 'two', ...increment)).toMatchObject(counted(1))
    expect((await readdir(here.folder)).sort()).toEqual(expect.arrayContaining(['one', 'two']))
    expect(await readdir(here.folder)).not.toContain('.states')
  })

  test('is another one for other plugin folders, and the same one however they are named', async () => {
    const here = await place({ ...counter, 'more/counter.ts': counterSource() })
    expect(await here.cf(...increment)).toMatchObject(counted(1))
    expect(await here.cf('--path', 'more', ...increment)).toMatchObject(counted(1))
    expect(await here.cf('--path', './plugins/', ...increment)).toMatchObject(counted(2))
  })

  test('is in the home of its user where the environment names none that is absolute', () => {
    const place = statePlace(['/plugins'], {}, { XDG_STATE_HOME: 'relative' })
    expect(place?.folder).toMatch(/^\/.*\/\.local\/state\/cf-plugins\/[0-9a-f]{16}$/)
    expect(statePlace(['/plugins'], {}, { XDG_STATE_HOME: '/states' })?.folder).toMatch(
      /^\/states\/cf-plugins\/[0-9a-f]{16}$/,
    )
    expect(statePlace(['/plugins'], { state: false }, {})).toBeUndefined()
  })

  test('that others may write to is told, with what to do, and costs the state and nothing else', async () => {
    const here = await place(counter)
    await mkdir(join(here.folder, 'open'))
    spawnSync('chmod', ['0777', join(here.folder, 'open')])
    const { code, stdout, stderr } = await here.cf('--state-folder', 'open', ...increment)
    expect([code, stdout]).toEqual([1, 'count is 1\n'])
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^error CFP_STATE_FOLDER_UNSAFE: .* Make it yours, with mode 0700\.$/),
      expect.stringMatching(/^ {2}at open.counter\.state$/),
    ])
  })
})

describe('CF_STATE_KEY', () => {
  test('encrypts, whether it is written in hexadecimal or in base64', async () => {
    const key = randomBytes(32)
    const here = await place(counter)
    const forms = [key.toString('hex'), key.toString('base64'), key.toString('base64url')]
    for (const [at, form] of forms.entries())
      expect(await here.with({ CF_STATE_KEY: form }).cf(...increment)).toMatchObject(counted(at + 1))
    const bytes = await readFile(join(await stateFolder(here), 'counter.state'))
    expect(bytes.includes('count')).toBe(false)
    expect(bytes.includes(key)).toBe(false)
  })

  test('that is another one is told, with what to do; the plugin starts without its state, which is kept aside', async () => {
    const here = await place(counter)
    const right = here.with({ CF_STATE_KEY: randomBytes(32).toString('hex') })
    await right.cf(...increment)
    const { code, stdout, stderr } = await here.with({ CF_STATE_KEY: randomBytes(32).toString('hex') }).cf(...increment)
    expect([code, stdout]).toEqual([0, 'count is 1\n'])
    expect(stderr).toMatch(
      /^warn {2}CFP_STATE_FILE_NOT_AUTHENTIC: Plugin "counter" .*counter\.state.* Give the key that wrote it\. .* kept aside .*\n$/,
    )
    const folder = await stateFolder(here)
    const aside = (await readdir(folder)).filter((name) => name !== 'counter.state')
    expect(aside).toEqual([expect.stringMatching(/^counter\.state\.refused-\d+$/)])
    spawnSync('mv', [join(folder, aside[0] as string), join(folder, 'counter.state')])
    expect(await right.cf(...increment)).toMatchObject(counted(2))
  })

  test('that is no key is refused before any plugin runs, and is not shown', async () => {
    const here = await place(counter)
    for (const bad of ['hunter2', randomBytes(16).toString('hex'), `${randomBytes(32).toString('hex')}0`]) {
      const { code, stdout, stderr } = await here.with({ CF_STATE_KEY: bad }).cf(...increment)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^error CFP_CLI_STATE_KEY: .*openssl rand -hex 32\n$/)
      expect(stderr).not.toContain(bad)
    }
  })
})

test('a damaged file is told to people and programs, and is kept aside', async () => {
  const here = await place(counter)
  await here.cf(...increment)
  const file = join(await stateFolder(here), 'counter.state')
  await writeFile(file, 'garbage')
  const { code, stdout } = await here.cf('run', 'plugins', '--once', '--json', '--log-level', 'silent')
  expect(code).toBe(0)
  expect(jsonLines(stdout)).toMatchObject([
    { event: 'started', problems: [{ code: 'CFP_STATE_FILE_DAMAGED', plugin: 'counter', file }] },
    { event: 'stopped', stopped: ['counter'], problems: [], undelivered: {} },
  ])
  const [aside = ''] = (await readdir(await stateFolder(here))).filter((name) => name.includes('.refused-'))
  expect(await readFile(join(await stateFolder(here), aside), 'utf8')).toBe('garbage')
  expect(await here.cf(...increment)).toMatchObject(counted(1))
})

test('state that no copy can keep is an error of the command, and the last good state stays', async () => {
  const here = await place(counter)
  await here.cf(...increment)
  const good = await readFile(join(await stateFolder(here), 'counter.state'))
  await here.save('plugins/counter.ts', counterSource().replace('{ count: this.count }', '{ app: this.app }'))
  const { code, stdout, stderr } = await here.cf(...increment)
  expect([code, stdout]).toEqual([1, 'count is 2\n'])
  expect(stderr).toMatch(/^error CFP_STATE_NOT_CLONEABLE: .*state\.app is a/)
  expect(stderr.match(/CFP_STATE_NOT_CLONEABLE/g)).toHaveLength(1)
  expect(await readFile(join(await stateFolder(here), 'counter.state'))).toEqual(good)
})

describe('a full disk', () => {
  const isPermitted = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  const why = 'a small disk can only be made where unshare and mount are permitted'
  /** Runs cf where the folder is a disk of 1 MB. */
  const onSmallDisk = async (files: Readonly<Record<string, string>>) => {
    const here = await place(files)
    const folder = join(here.folder, 'disk')
    await mkdir(folder)
    const mount = `mount -t tmpfs -o size=1m,mode=0700 none '${folder}' && exec "$@"`
    return { here, folder, disk: here.through('unshare', '-Urm', 'sh', '-c', mount, 'sh') }
  }
  const large = counterSource().replace('{ count: this.count }', '{ count: this.count, fill: "x".repeat(4_000_000) }')

  test('is an error of the command, once, with what to do (fault 53)', async ({ skip }) => {
    skip(!isPermitted, why)
    const { disk } = await onSmallDisk({ 'plugins/counter.ts': large })
    const { code, stdout, stderr } = await disk.cf('--state-folder', 'disk', ...increment)
    expect([code, stdout]).toEqual([1, 'count is 1\n'])
    expect(stderr.split('\n')[0]).toMatch(/^error CFP_STATE_WRITE_FAILED: State of plugin "counter" .*ENOSPC/)
    expect(stderr.match(/ENOSPC/g)).toHaveLength(1)
  })

  test('costs a host neither the copy in memory nor a reload, and is written to when there is room (fault 53)', async ({
    skip,
  }) => {
    skip(!isPermitted, why)
    // Fills the disk while it runs, and reads what is on it when all others have stopped.
    const filler = (fills: boolean) =>
      pluginSource('filler', {
        before: "import { readdirSync, rmSync, writeFileSync } from 'node:fs'",
        body: `setup() {
          if (${fills}) try { writeFileSync('disk/filler', 'x'.repeat(2_000_000)) } catch {}
          else rmSync('disk/filler', { force: true })
        }`,
      })
    const ticking = (step: number) =>
      counterSource(step).replace(
        'setup() {',
        'setup() { this.context.on("tick", () => { this.count += Number("' +
          step +
          '"); console.log("ticked to", this.count) });',
      )
    const { here, disk } = await onSmallDisk({
      'plugins/counter.ts': ticking(1),
      'plugins/filler.ts': filler(true),
      'plugins/ticker.ts': pluginSource('ticker', {
        body: 'setup() { this.context.every(100, () => this.context.publish("tick")) }',
      }),
    })
    const host = disk.start('run', 'plugins', '--watch', '--state-folder', 'disk')
    await host.until('ticked to 1')
    await here.save('plugins/counter.ts', ticking(1000))
    await host.until(/^reloaded counter in \S+ ms, state of counter kept$/m)
    // The new code goes on with what the old one counted, though it is not on the disk.
    await host.until(/^ticked to 1\d{3}$/m)
    await host.until(
      /^error CFP_STATE_WRITE_FAILED: State of plugin "counter" .*ENOSPC.* The copy in memory is kept, and is tried again\.$/m,
    )
    await here.save('plugins/filler.ts', filler(false))
    await host.until(/^reloaded filler/m)
    host.child.kill('SIGTERM')
    expect(await host.ended).toMatchObject({ code: 0 })
  })
})
