// Commands that plugins add, as commands of cf.
import { expect, test } from 'vitest'
import { place } from './support/cf.ts'
import { counterSource, pluginSource } from './support/sources.ts'

const counter = { 'plugins/counter.ts': counterSource() }

test('a command of a plugin runs with its arguments, and the process ends by itself', async () => {
  const here = await place({
    ...counter,
    'plugins/slow.ts': pluginSource('slow', {
      body: `async setup() { this.timer = setInterval(() => {}, 1000); await new Promise((r) => setTimeout(r, 120)) }
      teardown() { console.log('slow is torn down') }`,
    }),
  })
  expect(await here.cf('counter', 'increment', '--by', '4')).toEqual({
    code: 0,
    signal: null,
    stdout: 'count is 4\nslow is torn down\n',
    stderr: '',
  })
})

test('it is found in the folders of --path, which may be repeated', async () => {
  const here = await place({
    'one/counter.ts': counterSource(),
    'two/other.ts': pluginSource('other', {
      body: "setup() { this.app.command('other').action(() => { console.log('other runs') }) }",
    }),
  })
  expect((await here.cf('--path', 'one', '-p', 'two', 'other')).stdout).toBe('other runs\n')
  expect((await here.cf('--path', 'one', '-p', 'two', 'counter', 'increment')).stdout).toBe('count is 1\n')
})

test('its help is its own', async () => {
  const here = await place(counter)
  for (const args of [
    ['counter', '--help'],
    ['help', 'counter'],
  ])
    expect(await here.cf(...args)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: cf counter.*increment/s),
    })
})

test('one that throws ends with 1 and names its plugin', async () => {
  const here = await place(counter)
  expect(await here.cf('counter', 'fail')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'error CFP_CLI_COMMAND_FAILED: The command "counter fail" of plugin "counter" failed: no more numbers\n',
  })
  const json = await here.cf('--json', 'counter', 'fail')
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'CFP_CLI_COMMAND_FAILED', plugin: 'counter' } })
})

test('what it was given is not told when it throws: it may be a secret', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', {
      body: "setup() { this.app.command('login <password>').action(() => { throw new Error('no') }) }",
    }),
  })
  expect((await here.cf('login', 'hunter2')).stderr).toBe(
    'error CFP_CLI_COMMAND_FAILED: The command "login" of plugin "a" failed: no\n',
  )
})

test('an error that nobody caught ends it with 1, after the plugins were torn down', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', {
      body: `setup() { this.app.command('a').action(() => new Promise(() => { setTimeout(() => { throw new Error('stray') }) })) }
      teardown() { console.log('torn down') }`,
    }),
  })
  expect(await here.cf('a')).toMatchObject({
    code: 1,
    stdout: 'torn down\n',
    stderr: expect.stringMatching(/^error CFP_CLI_STRAY_ERROR: .*stray$/m),
  })
})

test('an exit code that it sets is kept', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', {
      body: "setup() { this.app.command('a').action(() => { process.exitCode = 7 }) }",
    }),
  })
  expect((await here.cf('a')).code).toBe(7)
})

test('an option that it does not know, and a command that nobody has, end with 2', async () => {
  const here = await place({ ...counter, 'plugins/broken.ts': 'export const = 1' })
  expect(await here.cf('counter', 'increment', '--bogus')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error CFP_CLI_USAGE: unknown option '--bogus'/),
  })
  expect(await here.cf('countr')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /^error CFP_CLI_UNKNOWN_COMMAND: There is no command "countr"\. Did you mean "counter"\?.*broken \(CFP_SYNTAX\)/,
    ),
  })
  expect(await here.cf('counter', 'incremnt')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error CFP_CLI_UNKNOWN_COMMAND: unknown command 'incremnt'.*increment/),
  })
})

test("a plugin cannot take a command of cf's", async () => {
  const here = await place({
    'plugins/thief.ts': pluginSource('thief', { body: "setup() { this.app.command('list') }" }),
  })
  const ended = await here.cf('run', 'plugins', '--once')
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/"thief" adds the command "list", which the program has/),
  })
})

test('a signal ends the command, the plugins are torn down, and the exit code is that of the signal', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', {
      body: `setup() { this.app.command('wait').action(() => new Promise(() => { console.log('waiting'); setInterval(() => {}, 1000) })) }
      teardown() { console.log('torn down') }`,
    }),
  })
  const running = here.start('wait')
  await running.until('waiting')
  running.child.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 130, stdout: expect.stringContaining('torn down') })
})
