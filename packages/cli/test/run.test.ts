// A host: what it says while it runs, how it replaces plugins, and how it ends.
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { controlAddress } from '../src/control-address.ts'
import { jsonLines, type Place, place } from './support/cf.ts'
import { counterSource, pluginSource } from './support/sources.ts'

/** A plugin that says when it is torn down, and then how it ends. */
const teardown = (end: string) =>
  pluginSource('ender', {
    meta: 'timeouts: { teardownMs: 300 }',
    body: `setup() {}
    async teardown() { console.log('tearing down'); ${end} }`,
  })

const socketOf = ({ folder, runtime }: Place) => controlAddress([join(folder, 'plugins')], { XDG_RUNTIME_DIR: runtime })

const isThere = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )

describe('the start', () => {
  test('is shown as bars, with what was waited for', async () => {
    const here = await place({
      'plugins/slow.ts': pluginSource('slow', {
        body: 'async setup() { await new Promise((r) => setTimeout(r, 120)) }',
      }),
      'plugins/user.ts': pluginSource('user', { meta: "dependencies: ['slow']" }),
      'plugins/off.ts': pluginSource('off', { meta: 'enabled: false' }),
    })
    const ended = await here.cf('run', 'plugins', '--once')
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/^ {2}slow ·*▒*█+ (\d{3} ms|\d\.\d s)$/m)
    expect(ended.stdout).toMatch(/^ {2}user ·+▒*█ \d.* after slow$/m)
    expect(ended.stdout).toContain('2 active, 1 disabled')
    expect(ended.stdout).toContain('off is disabled')
    expect(ended.stderr).toContain('slow to start')
  })

  test('goes side by side, one after another with --sequential, and so many at a time with --concurrency', async () => {
    const slow = (name: string) =>
      pluginSource(name, {
        body: `async setup() {
          globalThis.running = (globalThis.running ?? 0) + 1
          globalThis.most = Math.max(globalThis.most ?? 0, globalThis.running)
          await new Promise((r) => setTimeout(r, 50))
          globalThis.running--
        }
        teardown() { console.log('at most', globalThis.most) }`,
      })
    const here = await place({ 'plugins/a.ts': slow('a'), 'plugins/b.ts': slow('b'), 'plugins/c.ts': slow('c') })
    expect((await here.cf('run', '--once')).stdout).toContain('at most 3')
    expect((await here.cf('--path', 'plugins', 'run', '--once', '--sequential')).stdout).toContain('at most 1')
    expect((await here.cf('run', 'plugins', '--once', '--concurrency', '2')).stdout).toContain('at most 2')
  })

  test('ends the host where nothing runs and nobody watches', async () => {
    const here = await place({ 'plugins/bad.ts': 'export const answer = 42' })
    expect(await here.cf('run', 'plugins')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('CFP_NOT_A_PLUGIN'),
    })
  })

  test('takes in the folders of CF_CLI_PLUGIN_PATHS', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a'), 'more/b.ts': pluginSource('b') })
    const { stdout } = await here.with({ CF_CLI_PLUGIN_PATHS: 'more' }).cf('run', 'plugins', '--once')
    expect(stdout).toContain('2 active')
  })
})

describe('watching', () => {
  test('tells what was reloaded, and nothing else', async () => {
    const here = await place({ 'plugins/counter.ts': counterSource(1) })
    const host = here.start('run', 'plugins', '--watch')
    await host.until('1 active')
    await here.save('plugins/counter.ts', counterSource(2))
    await host.until(/^reloaded counter in \S+ ms, state of counter kept$/m)
    expect(host.stdout()).toMatch(/^reloading counter: plugins\/counter\.ts changed$/m)
    await here.save('plugins/counter.ts', 'export const = 1')
    await host.until(/^not reloaded counter in .*: the old code serves on$/m)
    await host.until(/^error CFP_SYNTAX: /m)
    host.child.kill('SIGTERM')
    const { stderr } = await host.ended
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('--verbose tells the change, the plugins, every phase, and why a change was passed over', async () => {
    const here = await place({ 'plugins/counter.ts': counterSource(1) })
    const host = here.start('run', 'plugins', '--watch', '--verbose')
    await host.until('1 active')
    await here.save('plugins/_note.json', '{}')
    await host.until(/^debug .*_note\.json passed over: /m)
    await here.save('plugins/counter.ts', counterSource(2))
    await host.until(/^info {2}file change detected: .*counter\.ts \(change\)$/m)
    await host.until(/^info {2}reloading counter$/m)
    await host.until(/^info {2}reloaded counter in /m)
    const log = host.stderr()
    expect(log).toMatch(/^debug .*"counter" is reloaded: .*counter\.ts changed$/m)
    for (const phase of ['load', 'validate', 'gate', 'save', 'teardown', 'start', 'commit'])
      expect(log).toMatch(new RegExp(`^debug ${phase}: [\\d.]+ ms$`, 'm'))
    expect(host.stdout()).not.toContain('debug')
  })

  test('--log-level info tells the change and no phases', async () => {
    const here = await place({ 'plugins/counter.ts': counterSource(1) })
    const host = here.start('run', 'plugins', '--watch', '--log-level', 'info')
    await host.until('1 active')
    await here.save('plugins/counter.ts', counterSource(2))
    await host.until(/^info {2}reloaded counter/m)
    expect(host.stderr()).not.toContain('debug')
  })

  test('a plugin that is new, mended or gone is told', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a'), 'plugins/b.ts': 'export const = 1' })
    const host = here.start('run', 'plugins', '--watch')
    await host.until(/^error CFP_SYNTAX/m)
    await here.save('plugins/b.ts', pluginSource('b'))
    await host.until(/^started b in /m)
    await here.save('plugins/c.ts', pluginSource('c'))
    await host.until(/^started c in /m)
    await here.remove('plugins/a.ts')
    await host.until(/^unloaded a, state kept$/m)
  })

  test('begins with an empty folder', async () => {
    const here = await place({ 'plugins/readme.md': '' })
    const host = here.start('run', 'plugins', '--watch')
    await host.until('0 active')
    await here.save('plugins/a.ts', pluginSource('a'))
    await host.until(/^started a in /m)
  })

  test('--json writes one object a line, and logs elsewhere', async () => {
    const here = await place({ 'plugins/counter.ts': counterSource(1) })
    const host = here.start('run', 'plugins', '--watch', '--json', '--verbose')
    await host.until('"event":"started"')
    await here.save('plugins/counter.ts', counterSource(2))
    await host.until('"event":"reloaded"')
    await here.save('plugins/counter.ts', 'export const = 1')
    await host.until('"outcome":"kept"')
    host.child.kill('SIGTERM')
    const { stdout, stderr } = await host.ended
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'started', active: ['counter'], failed: [] },
      { event: 'reloaded', outcome: 'committed', members: ['counter'], kept: ['counter'], error: null },
      { event: 'reloaded', outcome: 'kept', error: { code: 'CFP_SYNTAX', plugin: 'counter' } },
      { event: 'stopped', stopped: ['counter'], hung: [] },
    ])
    expect(stderr).toContain('info  reloading counter')
  })
})

describe('the end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s tears the plugins down, and the host ends with 0',
    async (signal) => {
      const here = await place({ 'plugins/ender.ts': teardown('') })
      const host = here.start('run', 'plugins')
      await host.until('1 active')
      expect(await isThere(socketOf(here))).toBe(true)
      host.child.kill(signal)
      expect(await host.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('tearing down'), stderr: '' })
      expect(await isThere(socketOf(here))).toBe(false)
    },
  )

  test('a plugin that leaves a timer behind does not keep the host alive', async () => {
    const here = await place({
      'plugins/leaky.ts': pluginSource('leaky', { body: 'setup() { setInterval(() => {}, 1000) }' }),
    })
    expect((await here.cf('run', 'plugins', '--once')).code).toBe(0)
  })

  test('a hung teardown is named, and the host ends with 1 (fault 80)', async () => {
    const here = await place({ 'plugins/ender.ts': teardown('await new Promise(() => {})') })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    host.child.kill('SIGTERM')
    expect(await host.ended).toMatchObject({
      code: 1,
      signal: null,
      stderr: expect.stringMatching(/^error CFP_CLI_HUNG: Plugin "ender" did not end/m),
    })
  })

  test('a second signal ends the host at once, with 128 and its number (fault 79)', async () => {
    const hung = pluginSource('ender', {
      body: "setup() {}; async teardown() { console.log('tearing down'); await new Promise(() => {}) }",
    })
    const here = await place({ 'plugins/ender.ts': hung })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    host.child.kill('SIGINT')
    await host.until('tearing down')
    const from = performance.now()
    host.child.kill('SIGTERM')
    expect((await host.ended).code).toBe(128 + 15)
    // The teardown has 5 s, of which none is waited for.
    expect(performance.now() - from).toBeLessThan(3000)
  })

  test('a signal during the start ends what has begun', async () => {
    const here = await place({
      'plugins/slow.ts': pluginSource('slow', {
        body: `async setup() { console.log('setting up'); await new Promise((r) => setTimeout(r, 8000)) }
        teardown() { console.log('tearing down') }`,
      }),
    })
    const host = here.start('run', 'plugins')
    await host.until('setting up')
    const from = performance.now()
    host.child.kill('SIGTERM')
    const { code, stdout } = await host.ended
    expect(code).toBe(0)
    expect(stdout).toContain('tearing down')
    expect(performance.now() - from).toBeLessThan(6000)
  })

  test('an error that nobody caught is told, the plugins are torn down, and the host ends with 1', async () => {
    const here = await place({
      'plugins/ender.ts': pluginSource('ender', {
        body: `setup() { setTimeout(() => { throw new Error('stray') }, 100) }
        teardown() { console.log('tearing down') }`,
      }),
    })
    expect(await here.cf('run', 'plugins')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('tearing down'),
      stderr: expect.stringMatching(/^error CFP_CLI_STRAY_ERROR: .*stray$/m),
    })
  })

  test('a host that watches survives it, and the next save mends the plugin', async () => {
    const here = await place({
      'plugins/stray.ts': pluginSource('stray', { body: "setup() { void Promise.reject(new Error('stray')) }" }),
    })
    const host = here.start('run', 'plugins', '--watch')
    await host.until('CFP_CLI_STRAY_ERROR')
    await host.until('1 active')
    await here.save('plugins/stray.ts', pluginSource('stray'))
    await host.until(/^reloaded stray/m)
  })
})

describe('the socket', () => {
  test('is for its user alone, in a folder that is', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a') })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    const socket = socketOf(here)
    const modes = await Promise.all([socket, dirname(socket)].map(async (path) => (await stat(path)).mode & 0o777))
    expect(modes).toEqual([0o600, 0o700])
  })

  test('belongs to one host: a second one on the folder is refused, and the first one is untouched', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a') })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    expect(await here.cf('run', './plugins/')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error CFP_CLI_HOST_RUNS: /),
    })
    expect((await here.cf('list', 'plugins')).stdout).toMatch(/● a +1\.0\.0 +active/)
  })

  test('of a host that was killed is no obstacle', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a') })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    host.child.kill('SIGKILL')
    await host.ended
    expect(await isThere(socketOf(here))).toBe(true)
    expect(await here.cf('reload', 'a', '-p', 'plugins')).toMatchObject({ code: 3 })
    const next = here.start('run', 'plugins')
    await next.until('1 active')
    expect(await here.cf('reload', 'a', '-p', 'plugins')).toMatchObject({ code: 0 })
  })

  test('is left alone by --once', async () => {
    const here = await place({ 'plugins/a.ts': pluginSource('a') })
    const host = here.start('run', 'plugins')
    await host.until('1 active')
    expect((await here.cf('run', 'plugins', '--once')).code).toBe(0)
  })
})
