// What other processes ask a running host, and what it answers.
import { expect, test } from 'vitest'
import { jsonLines, type Place, place, type Running } from './support/cf.ts'
import { counterSource, pluginSource } from './support/sources.ts'

async function hosted(files: Readonly<Record<string, string>>): Promise<{ here: Place; host: Running }> {
  const here = await place(files)
  const host = here.start('run', 'plugins')
  await host.until(/\d+ active/)
  return { here, host }
}

const chain = {
  'plugins/store.ts': pluginSource('store', {
    body: "setup() { if (globalThis.down) throw new Error('disk is full') }",
  }),
  'plugins/counter.ts': counterSource().replace("version: '1.0.0',", "version: '1.0.0', dependencies: ['store'],"),
  'plugins/broken.ts': pluginSource('broken', { body: "setup() { throw new Error('no license') }" }),
  'plugins/reports.ts': pluginSource('reports', { meta: "dependencies: ['broken']" }),
}

test('list tells the states of the host, not those of the files', async () => {
  const { here } = await hosted(chain)
  const { stdout, code } = await here.cf('list', 'plugins')
  expect(code).toBe(0)
  expect(stdout).toMatch(/● counter +1\.0\.0 +active +store +plugins\/counter\.ts/)
  expect(stdout).toMatch(/✖ broken +1\.0\.0 +failed/)
  expect(stdout).toMatch(/◌ reports +1\.0\.0 +blocked +broken/)
  const listed = await here.cf('list', 'plugins', '--json')
  expect(jsonLines(listed.stdout)).toMatchObject([
    {
      host: true,
      plugins: expect.arrayContaining([expect.objectContaining({ name: 'counter', state: 'active', generation: 1 })]),
    },
  ])
})

test('list and graph without a host load the files and start nothing', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', { body: "setup() { console.log('started') }" }),
    'plugins/b.ts': pluginSource('b', { meta: "dependencies: ['a']" }),
    'plugins/c.ts': pluginSource('c', { meta: "enabled: false, dependencies: ['a']" }),
  })
  const listed = await here.cf('list')
  expect(listed.stdout).toMatch(/… b +1\.0\.0 +resolved +a/)
  expect(listed.stdout).toMatch(/○ c +1\.0\.0 +disabled +a/)
  expect(listed.stdout).not.toContain('started')
  const tree = await here.cf('graph', 'plugins')
  expect(tree.stdout).toBe('… b 1.0.0 resolved\n└─ … a 1.0.0 resolved\n○ c 1.0.0 disabled\n└─ … a 1.0.0 resolved\n')
  const dot = await here.cf('graph', '--dot', 'plugins')
  expect(dot.stdout).toContain('"b" -> "a"')
  const json = await here.cf('graph', 'plugins', '--json')
  expect(jsonLines(json.stdout)).toMatchObject([
    { host: false, plugins: [{ name: 'a' }, { name: 'b', dependencies: ['a'] }, { name: 'c' }] },
  ])
})

test('explain follows the trouble down to the root cause, in the host and in the files', async () => {
  const { here } = await hosted(chain)
  const { stdout } = await here.cf('explain', 'reports', 'plugins')
  expect(stdout).toBe('◌ reports is blocked: it needs broken\n  ✖ broken is failed: no license\n')
  const json = await here.cf('explain', 'reports', 'plugins', '--json')
  expect(jsonLines(json.stdout)).toMatchObject([
    { plugin: 'reports', state: 'blocked', rootCause: { plugin: 'broken', error: { code: 'CFP_SETUP_FAILED' } } },
  ])
  const files = await place({ 'plugins/a.ts': pluginSource('a', { meta: "dependencies: ['gone']" }) })
  expect((await files.cf('explain', 'a')).stdout).toMatch(/^◌ a is blocked: Plugin "a" needs "gone"/)
})

test('explain tells of a file that cannot be loaded, in the host and in the files alike', async () => {
  const files = { 'plugins/fine.ts': pluginSource('fine'), 'plugins/broken/index.ts': 'export const = 1' }
  const inFiles = await place(files)
  const { here } = await hosted(files)
  const [first, second] = await Promise.all([inFiles, here].map((each) => each.cf('explain', 'broken', 'plugins')))
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^✖ broken is failed: .*broken\/index\.ts:1:\d+/),
  })
  expect(second).toEqual(first)
})

test('reload replaces the plugin and its dependents in the host', async () => {
  const { here, host } = await hosted(chain)
  const one = await here.cf('reload', 'store', '--path', 'plugins')
  expect(one).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^reloaded store, counter in .* ms, state of counter kept\n$/),
  })
  await host.until(/^reloaded store, counter/m)
  const json = await here.cf('reload', 'counter', 'store', '--path', 'plugins', '--json')
  expect(jsonLines(json.stdout)).toMatchObject([{ outcome: 'committed', members: ['store', 'counter'] }])
  const { stdout } = await here.cf('reload', 'store', '--path', 'plugins', '--verbose')
  expect(stdout).toMatch(
    /^ {2}plan +store, counter \(exclusive\)\n {2}store +asked for\n {2}counter +it depends on store\n {2}load +\d/m,
  )
})

test('a reload that fails ends with 1 and says what serves now', async () => {
  const { here } = await hosted({ 'plugins/counter.ts': counterSource() })
  await here.save('plugins/counter.ts', counterSource().replace('setup() {', "setup() { throw new Error('too late');"))
  expect(await here.cf('reload', 'counter', '--path', 'plugins')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^rolled back counter in .*: the old code serves again, with its state$/m),
    stderr: expect.stringMatching(/^error CFP_SETUP_FAILED: .*too late/),
  })
  await here.save('plugins/counter.ts', 'export const = 1')
  expect(await here.cf('reload', 'counter', '--path', 'plugins')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('the old code serves on'),
    stderr: expect.stringMatching(/^error CFP_SYNTAX: .*counter\.ts:1:\d+/),
  })
  expect(await here.cf('reload', 'conter', '--path', 'plugins')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error CFP_PLUGIN_UNKNOWN: .*Did you mean "counter"/),
  })
})

test('disable and enable switch a plugin, and those that need it, off and on', async () => {
  const { here } = await hosted(chain)
  expect(await here.cf('disable', 'store', '--path', 'plugins')).toMatchObject({
    code: 0,
    stdout: '○ store is disabled\n',
  })
  expect((await here.cf('list', 'plugins')).stdout).toMatch(/◌ counter +1\.0\.0 +blocked/)
  const enabled = await here.cf('enable', 'store', '--path', 'plugins', '--json')
  expect(jsonLines(enabled.stdout)).toEqual([{ plugin: 'store', state: 'active' }])
  expect((await here.cf('list', 'plugins')).stdout).toMatch(/● counter +1\.0\.0 +active/)
  expect(await here.cf('enable', 'broken', '--path', 'plugins')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error CFP_SETUP_FAILED: /),
  })
})
