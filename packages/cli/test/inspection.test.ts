// What is asked of a host that changes nothing: of one that runs, and of folders where none does.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonLines, type Place, place, type Running } from './support/cf.ts'
import { pluginSource } from './support/sources.ts'

/** A Standard Schema that tells its JSON Schema, without a library. */
const SCHEMA = `const config = { '~standard': {
  version: 1, vendor: 'test',
  validate: (value) => typeof (value.port ?? 80) === 'number'
    ? { value: { port: 80, ...value } } : { issues: [{ message: 'must be a number', path: ['port'] }] },
  jsonSchema: { input: () => ({ type: 'object', properties: {
    port: { type: 'integer', default: 80, description: 'Where it listens' },
    token: { type: 'string', writeOnly: true, default: 'hunter22' } } }), output: () => ({}) } } }`

const files = {
  'plugins/web.ts': pluginSource('web', {
    before: SCHEMA,
    meta: 'config',
    body: `setup() {
    this.context.on('tick', () => {}, { priority: 'high' })
    this.context.hooks.on('page', () => { throw new Error('no page') }, { ignoreErrors: true })
    console.log('web is up on', this.config.port)
  }
  health() { return { status: 'degraded', message: 'one disk is slow' } }`,
  }),
  'plugins/clock.ts': pluginSource('clock', {
    body: `setup() {
    this.context.on('tick', () => {})
    this.context.after(1, () => { this.context.publish('tick'); void this.context.hooks.call('page').catch(() => {}) })
  }`,
  }),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the configuration's own
  'plugins.yaml': 'web:\n  settings:\n    port: ${PORT:-8080}\n    token: very-secret-token\n',
}

async function hosted(here: Place, ...more: string[]): Promise<Running> {
  const host = here.start('run', 'plugins', '--config', 'plugins.yaml', ...more)
  await host.until(/\d+ active/)
  return host
}

test('a host that runs is configured by its file, and tells how it is', async () => {
  const here = await place(files)
  const host = await hosted(here)
  await host.until('web is up on 8080')
  const { stdout, code } = await here.cf('health', 'plugins')
  expect(stdout).toMatch(/degraded \(live, ready\)/)
  expect(stdout).toMatch(/● web +degraded +one disk is slow/)
  expect(stdout).toMatch(/● clock +healthy/)
  expect(code).toBe(0)
  const [report] = jsonLines((await here.cf('health', 'plugins', '--json')).stdout)
  expect(report).toMatchObject({ host: true, ready: true, plugins: { web: { status: 'degraded' } } })
})

test('who blocks the event loop is told by health, and by the log with the line that moves it into a thread', async () => {
  const wait = 'const end = performance.now() + 120; while (performance.now() < end);'
  const here = await place({
    'plugins/busy.ts': pluginSource('busy', { body: `setup() { ${wait} }` }),
    'plugins/calm.ts': pluginSource('calm', {
      body: 'setup() { return new Promise((resolve) => setTimeout(resolve, 120)) }',
    }),
  })
  const { stdout, stderr, code } = await here.cf('health', 'plugins')
  expect(stdout).toMatch(/● busy +healthy +It blocked the event loop for \d+ ms; the log says where\./)
  expect(stdout).toMatch(/● calm +healthy$/m)
  expect(`${stdout}${stderr}`).toMatch(
    /Plugin "busy" blocked the event loop for \d+ ms in setup\(\) \(.*busy\.ts\): nothing else ran meanwhile\. Write execution: 'worker' in .*, and it runs in a thread\./,
  )
  expect(code).toBe(0)
})

test('a host that is not ready fails the question for its health', async () => {
  const here = await place({
    ...files,
    'plugins/broken.ts': pluginSource('broken', { body: "setup() { throw new Error('no license') }" }),
  })
  await hosted(here)
  const { stdout, code } = await here.cf('health', 'plugins')
  expect(stdout).toMatch(/✖ broken +unhealthy .*no license/)
  expect(stdout).toContain('not ready')
  expect(code).toBe(1)
})

test('who listens to what, in which order, and how long they took, of a host that runs', async () => {
  const here = await place(files)
  await hosted(here)
  await expect
    .poll(async () => (await here.cf('hooks', 'plugins')).stdout, { timeout: 15_000 })
    .toMatch(/web .*1 call, 1 failed/)
  const { stdout } = await here.cf('hooks', 'plugins')
  expect(stdout).toMatch(/event tick\n {2}● web +priority 100, 1 call, p50 .*\n {2}● clock +priority 50, 1 call/)
  const [answer] = jsonLines((await here.cf('hooks', 'plugins', '--json')).stdout) as [{ handlers: object[] }]
  expect(answer.handlers).toContainEqual(
    expect.objectContaining({ kind: 'event', name: 'tick', plugin: 'web', priority: 100 }),
  )
})

test('without a host, the plugins are started for the question, and stopped', async () => {
  const here = await place(files)
  const health = await here.cf('health', 'plugins', '--config', 'plugins.yaml')
  expect(health.stdout).toContain('web is up on 8080')
  expect(health.stdout).toMatch(/● web +degraded/)
  expect(health.code).toBe(0)
  const hooks = await here.cf('hooks', 'plugins', '--config', 'plugins.yaml')
  expect(hooks.stdout).toMatch(/event tick\n {2}● web +priority 100/)
})

test('every option is told from the schema, and what is wrong with the file, without starting anything', async () => {
  const here = await place(files)
  const { stdout, code } = await here.cf('config', 'plugins', '--config', 'plugins.yaml')
  expect(stdout).toMatch(/port +integer, default 80/)
  expect(stdout).toContain('Where it listens')
  expect(stdout).toContain('CF_PLUGIN_WEB__PORT')
  expect(stdout).toMatch(/token .*secret/)
  expect(stdout).not.toContain('web is up')
  expect(code).toBe(0)
  await here.save('plugins.yaml', 'web:\n  settings:\n    port: high\n')
  const wrong = await here.cf('config', 'plugins', '--config', 'plugins.yaml')
  expect(wrong.stderr).toMatch(/plugins\.yaml:3:11 web\.settings\.port/)
  expect(wrong.code).toBe(1)
  const checked = await here.cf('check', 'plugins', '--config', 'plugins.yaml')
  expect(checked.stderr).toMatch(/CFP_CONFIG_REFUSED: .*\n.*plugins\.yaml:3:11 web\.settings\.port/)
  expect(checked.code).toBe(1)
  const page = await here.cf('config', 'plugins', '--markdown')
  expect(page.stdout).toContain('| `port` | integer |')
})

test('a host that runs tells its options too, and no secret in anything', async () => {
  const here = await place(files)
  const host = await hosted(here)
  const answers = [await here.cf('config', 'plugins', '--json'), await here.cf('audit', 'plugins', '--json')]
  expect(jsonLines(answers[0]?.stdout ?? '')).toMatchObject([{ host: true, plugins: expect.any(Array) }])
  const all = [...answers.map(({ stdout }) => stdout), host.stdout(), host.stderr()].join('\n')
  expect(all).not.toContain('very-secret-token')
  expect(all).not.toContain('hunter22')
})

test('a live edit of the file is taken up by the host', async () => {
  const here = await place(files)
  const host = await hosted(here, '--watch')
  await here.save('plugins.yaml', 'web:\n  settings:\n    port: 9090\n')
  await host.until('web is up on 9090')
})

test('the audit trail tells what was done, in a host that runs and after it', async () => {
  const here = await place(files)
  const host = await hosted(here)
  await here.cf('disable', 'clock', '--path', 'plugins')
  const running = await here.cf('audit', 'plugins', '--plugin', 'clock')
  expect(running.stdout).toMatch(/done +transition +clock +starting -> active/)
  expect(running.stdout).toMatch(/done +transition +clock +active -> disabled/)
  host.child.kill('SIGTERM')
  await host.ended
  const after = await here.cf('audit', 'plugins', '--plugin', 'clock', '--json')
  expect(jsonLines(after.stdout).map(({ to }) => to)).toEqual(['starting', 'active', 'disabled', 'stopped'])
  expect(jsonLines((await here.cf('audit', 'plugins', '--limit', '1', '--json')).stdout)).toHaveLength(1)
})

test('an audit trail is kept where the command line says, or not at all', async () => {
  const here = await place(files)
  const host = await hosted(here, '--audit', 'trail.jsonl')
  expect(existsSync(join(here.folder, 'trail.jsonl'))).toBe(true)
  expect((await here.cf('audit', 'plugins')).stdout).toMatch(/transition +web/)
  host.child.kill('SIGTERM')
  await host.ended
  expect((await here.cf('audit', '--file', 'trail.jsonl', '--action', 'transition')).stdout).toMatch(
    /web +active -> stopped/,
  )
  await here.cf('run', 'plugins', '--once', '--no-audit')
  const none = await here.cf('audit', 'plugins')
  expect(none.code).toBe(1)
  expect(none.stderr).toContain('CFP_AUDIT_READ_FAILED')
})
