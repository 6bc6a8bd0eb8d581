// Plugins that add commands to a program, under a real manager on real files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PluginManager, type PluginManagerOptions, type ReloadReport } from 'cf-plugins'
import { Command, CommanderError } from 'commander'
import { expect, onTestFinished, test } from 'vitest'
import { lastOwnerOf } from '../src/commander-scope.ts'
import { commanderScope, commandOwner, runCommand } from '../src/index.ts'

interface Host {
  readonly program: Command
  readonly manager: PluginManager<Command>
  readonly lines: string[]
  save(name: string, setup: string, more?: string): Promise<void>
  /** Names of the program's commands. */
  commands(): string[]
  run(...args: string[]): Promise<void>
}

/** A manager on plugins whose `setup` is given as code, which has `app` and `say`. */
async function host(
  plugins: Readonly<Record<string, string>>,
  options: PluginManagerOptions<Command> = {},
): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-scope-'))
  const lines: string[] = []
  const program = new Command('app').exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} })
  program.command('own')
  const save = (name: string, setup: string, more = '') =>
    writeFile(
      join(folder, `${name}.js`),
      `export const PLUGIN_META = { name: '${name}', version: '1.0.0' }
      export function register(app, context) {
        const say = (line) => context.shared.say(line)
        return { setup() { ${setup} }, ${more} }
      }`,
    )
  for (const [name, setup] of Object.entries(plugins)) await save(name, setup)
  const manager = new PluginManager<Command>({
    app: program,
    scopeApp: commanderScope,
    shared: { say: (line: string) => lines.push(line) },
    paths: [folder],
    ...options,
  })
  onTestFinished(async () => {
    await manager.stop()
    await rm(folder, { recursive: true })
  })
  await manager.start()
  return {
    program,
    manager,
    lines,
    save,
    commands: () => program.commands.map((command) => command.name()),
    run: (...args) => runCommand(program, manager, args),
  }
}

const adds = (name: string, action = '') => `app.command('${name}').action(() => { ${action} });`

test('a command of a plugin is in the program while the plugin is active, and no longer', async () => {
  const { manager, commands, run, lines, program } = await host({ a: adds('greet', "say('hello')") })
  expect(commands()).toEqual(['own', 'greet'])
  expect(program.commands.map(commandOwner)).toEqual([undefined, 'a'])
  await run('greet')
  expect(lines).toEqual(['hello'])
  await manager.disable('a')
  expect(commands()).toEqual(['own'])
  await expect(run('greet')).rejects.toMatchObject({ code: 'CFP_NOT_ACTIVE', plugin: 'a' })
  await manager.enable('a')
  expect(commands()).toEqual(['own', 'greet'])
  await manager.unload('a')
  expect(commands()).toEqual(['own'])
  await expect(run('greet')).rejects.toMatchObject({ code: 'commander.unknownCommand' })
})

test('over 100 reloads each command is there once, removed ones are gone, and a failed reload leaves the old ones', async () => {
  const { manager, save, commands, run, lines, program } = await host({ a: adds('always', "say('0')") + adds('only0') })
  const outcomes: ReloadReport['outcome'][] = []
  for (let round = 1; round <= 100; round++) {
    const kind = round % 4
    const now = adds('always', `say('${round}')`) + adds(`only${round}`)
    if (kind === 1) await save('a', `${now} throw new Error('no')`)
    else if (kind === 2) await save('a', now, 'onReload() { throw new Error("no") }')
    else await save('a', now)
    outcomes.push((await manager.reload('a')).outcome)
    // What serves is the last round that was committed.
    const serving = kind === 1 ? round - 1 : kind === 2 ? round - 2 : round
    expect(commands()).toEqual(['own', 'always', `only${serving}`])
    await run('always')
    expect(lines.at(-1)).toBe(String(serving))
  }
  expect(outcomes.slice(0, 4)).toEqual(['rolled-back', 'rolled-back', 'committed', 'committed'])
  expect(program.commands.every((command) => command.parent === program)).toBe(true)
  expect(lastOwnerOf(program, 'only3')).toBeUndefined()
  await expect(run('only3')).rejects.toMatchObject({ code: 'commander.unknownCommand' })
})

test('code that does not even load leaves the commands alone', async () => {
  const { manager, save, commands } = await host({ a: adds('greet') })
  await save('a', '(')
  expect((await manager.reload('a')).outcome).toBe('kept')
  expect(commands()).toEqual(['own', 'greet'])
})

test('a command that is called while its plugin is replaced waits, and is run by the new code', async () => {
  const { save, manager, run, lines } = await host({ a: adds('greet', "say('old')") })
  await save('a', `${adds('greet', "say('new')")} return new Promise((resolve) => setTimeout(resolve, 100))`)
  const reload = manager.reload('a')
  while (manager.status('a').state !== 'swapping') await new Promise((resolve) => setImmediate(resolve))
  const called = run('greet')
  expect((await reload).outcome).toBe('committed')
  await called
  expect(lines).toEqual(['new'])
})

test('a plugin is replaced when its command has ended', async () => {
  const { save, manager, run, lines } = await host({
    a: adds('work', "say('begins'); return new Promise((r) => setTimeout(r, 100)).then(() => say('ends'))"),
  })
  await save('a', "say('new')")
  const working = run('work')
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all([manager.reload('a'), working])
  expect(lines).toEqual(['begins', 'ends', 'new'])
})

test('a command that throws is the error of its plugin; what commander says of bad arguments is not', async () => {
  const { run } = await host({ a: adds('greet', "throw new Error('no voice')") })
  await expect(run('greet')).rejects.toMatchObject({
    code: 'CFP_CLI_COMMAND_FAILED',
    plugin: 'a',
    message: 'The command "greet" of plugin "a" failed: no voice',
  })
  await expect(run('greet', '--bogus')).rejects.toMatchObject({ code: 'commander.unknownOption' })
  await expect(run('nothing')).rejects.toMatchObject({ code: 'commander.unknownCommand' })
})

test('a plugin that adds commands while it serves adds them at once', async () => {
  const { program, run, commands } = await host({ a: `app.command('more').action(() => { ${adds('later')} })` })
  await run('more')
  expect(commands()).toEqual(['own', 'more', 'later'])
  expect(program.commands.map(commandOwner)).toEqual([undefined, 'a', 'a'])
})

test('a command made elsewhere is taken in, and throws where the program throws', async () => {
  const { lines, run, manager } = await host({})
  const made = new Command('made')
  made.command('part').action(() => void lines.push('part runs'))
  await manager.add({
    PLUGIN_META: { name: 'b', version: '1.0.0' },
    register: (app: Command) => ({ setup: () => void app.addCommand(made) }),
  })
  await run('made', 'part')
  expect(lines).toEqual(['part runs'])
  await expect(run('made', 'part', '--bogus')).rejects.toMatchObject({ code: 'commander.unknownOption' })
})

test.each([
  ["the program's own command", adds('own'), 'which the program has already'],
  ["another plugin's command", adds('greet'), 'which plugin "a" has already'],
  ["another plugin's alias", adds('hi'), 'which plugin "a" has already'],
  ['help', adds('help'), 'which the program has already'],
])('%s cannot be added', async (_title, setup, why) => {
  const { manager, commands } = await host({ a: "app.command('greet').alias('hi')", b: 'return undefined' })
  const added = manager.add({
    PLUGIN_META: { name: 'c', version: '1.0.0' },
    register: new Function('app', `return { setup() { ${setup} } }`),
  })
  await expect(added).rejects.toMatchObject({ plugin: 'c', message: expect.stringContaining(why) })
  expect(manager.status('c').state).toBe('failed')
  expect(commands()).toEqual(['own', 'greet'])
})

test('of two plugins that start side by side and want one name the first one has it, and the other keeps the rest', async () => {
  const told: string[] = []
  const soon = 'return new Promise((resolve) => setImmediate(resolve))'
  const tell = (_details: object | string, message?: string) => void told.push(message ?? '')
  const { commands, program } = await host(
    { a: `${adds('same')} ${soon}`, b: `${adds('rest')} ${adds('same')} ${soon}` },
    { logger: { debug() {}, info() {}, warn: tell, error: tell } },
  )
  expect(commands()).toEqual(['own', 'same', 'rest'])
  expect(program.commands.map(commandOwner)).toEqual([undefined, 'a', 'b'])
  expect(told.join()).toContain('"b" adds the command "same", which plugin "a" has already')
})

test.each([
  "app.option('-x', 'y')",
  "app.hook('preAction', () => {})",
  'app.parse([])',
  "app.command('x', { isDefault: true })",
])('%s is refused, since it would change the program for everybody', async (setup) => {
  const { manager } = await host({ a: setup })
  expect(manager.status('a')).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining('for everybody') },
  })
})

test("options of the program may stand before a plugin's command, which is a call into the plugin all the same", async () => {
  const { program, manager, run, lines } = await host({
    a: `app.command('greet <name>').action((name) => {
      if (name === 'nobody') throw new Error('no')
      say(name + ' ' + JSON.stringify(app.opts()))
    })`,
  })
  program.enablePositionalOptions().option('-v, --verbose').option('-d, --data <folder>').option('--lang [tag]')
  await run('-d', 'greet', '--verbose', 'greet', 'Ada')
  await run('--data=x', '--lang', 'en', 'greet', 'Bob')
  await run('--lang', '-v', '--', 'greet', 'Cleo')
  expect(lines).toEqual([
    'Ada {"data":"greet","verbose":true}',
    'Bob {"data":"x","lang":"en"}',
    'Cleo {"lang":true,"verbose":true}',
  ])
  await expect(run('-v', 'greet', 'nobody')).rejects.toMatchObject({
    code: 'CFP_CLI_COMMAND_FAILED',
    message: expect.stringContaining('The command "greet" of plugin "a"'),
  })
  await manager.disable('a')
  await expect(run('-v', 'greet', 'Ada')).rejects.toMatchObject({ code: 'CFP_NOT_ACTIVE' })
})

test("what the commander of a plugin's own throws at a wrong command line is told as such", async () => {
  const { run } = await host({
    a: adds('a', "throw Object.assign(new Error('not so'), { code: 'commander.invalidArgument', exitCode: 1 })"),
  })
  await expect(run('a')).rejects.toSatisfy((error) => error instanceof CommanderError && error.message === 'not so')
})
