// The shell, on a real terminal and in a pipe.
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DICE, missing, packed, place } from './tally-process.ts'

const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const TAB = '\t'
const reason = missing('script')

describe.skipIf(reason !== undefined)(`on a terminal${reason ? ` (${reason})` : ''}`, () => {
  it('commands are typed while plugins are replaced: the count is kept, and what was replaced is told above the prompt', async () => {
    const { onTerminal, edit, save, tally } = await place()
    const shell = onTerminal('shell')
    await shell.written('tally> ')
    shell.type('counter increment\r')
    await shell.written(/^1\n.*tally> /m)
    // In the middle of typing: what was typed stays.
    shell.type('counter incr')
    await shell.written('counter incr', shell.text().lastIndexOf('tally> '))
    const from = shell.text().length
    await edit('counter.ts', 'const STEP = 1\n', 'const STEP = 10\n')
    await shell.written(/reloaded counter, chart in .*, state of counter kept\n.*tally> counter incr$/, from)
    shell.type('ement\r')
    await shell.written(/^11\n/m)

    await edit('counter.ts', 'const STEP = 10\n', 'const STEP = (10\n')
    await shell.written(/not reloaded .*counter.* the old code serves on\n.*Expected "\)"/)
    shell.type('counter increment\r')
    await shell.written(/^21\n/m)
    await edit('counter.ts', 'const STEP = (10\n', 'const STEP = 100\n')
    await shell.written(/reloaded counter, chart/, shell.text().lastIndexOf('21\n'))

    // A plugin that is new, and one that goes.
    await save(
      'hi.js',
      "export const PLUGIN_META = { name: 'hi', version: '1.0.0' }\nexport const register = (app) => ({ setup: () => void app.command('hi').action(() => console.log('hi there')) })",
    )
    await shell.written('started hi')
    shell.type('hi\r')
    await shell.written(/hi there\n.*tally> $/)
    shell.type('count s')
    await shell.written(/count s$/)
    shell.type(TAB)
    await shell.written(/count show $/)
    shell.type('\r')
    await shell.written(/count show\s+21\n/)
    shell.type('exit\r')
    expect(await shell.ended).toMatchObject({ code: 0 })
    expect((await tally('counter', 'increment')).stdout).toBe('121\n')
  })

  it('Ctrl-C gives up a line, and ends a command; Ctrl-D ends the shell', async () => {
    const { onTerminal, save } = await place()
    await save(
      'waiter.js',
      "export const PLUGIN_META = { name: 'waiter', version: '1.0.0' }\nexport const register = (app) => ({ setup: () => void app.command('wait').action(() => new Promise(() => console.log('waits'))) })",
    )
    const shell = onTerminal('shell')
    await shell.written('tally> ')
    shell.type(`nonsense${CTRL_C}`)
    await shell.written(/nonsense\ntally> $/)
    shell.type('wait\r')
    await shell.written('waits')
    shell.type(CTRL_C)
    await shell.written(/waits\n+tally> $/)
    shell.type('counter show\r')
    await shell.written(/^0\n/m)
    expect(shell.text()).not.toContain('no command "nonsense"')
    shell.type(CTRL_D)
    expect(await shell.ended).toMatchObject({ code: 0 })
  })

  it('what is replaced while a command runs is told after it', async () => {
    const { onTerminal, edit, save } = await place()
    await save(
      'slow.js',
      "export const PLUGIN_META = { name: 'slow', version: '1.0.0' }\nexport const register = (app) => ({ setup: () => void app.command('slow').action(async () => { console.log('begins'); await new Promise((r) => globalThis.go = r); console.log('ends') }) })",
    )
    await save(
      'go.js',
      "export const PLUGIN_META = { name: 'go', version: '1.0.0' }\nexport const register = () => ({ setup() {} })",
    )
    const shell = onTerminal('shell')
    await shell.written('tally> ')
    shell.type('slow\r')
    await shell.written('begins')
    // The new code of another plugin lets the command end, once it serves.
    await save(
      'go.js',
      "export const PLUGIN_META = { name: 'go', version: '1.0.1' }\nexport const register = () => ({ setup() {}, onReload() { setTimeout(() => globalThis.go(), 500) } })",
    )
    await shell.written('ends')
    await shell.written(/ends\n(.*\n)?reloaded go .*\n.*tally> $/)
    await edit('greet.ts', 'greet somebody', 'say hello')
    await shell.written(/reloaded greet/)
    shell.type('exit\r')
    expect(await shell.ended).toMatchObject({ code: 0 })
  })
})

it('takes commands from a pipe, one a line, with quotes; its exit code is that of the last', async () => {
  const { start } = await place()
  const shell = start('shell')
  shell.child.stdin?.end(
    'counter increment --by 2\ngreet "Ada  Lovelace"\n\ntally counter show\ncounter increment\ngreet \'open\nshell\ncounter bogus\n',
  )
  const { code, stdout, stderr } = await shell.ended
  expect({ code, stdout }).toEqual({ code: 2, stdout: '2\nGood day, Ada  Lovelace!\n2\n3\n' })
  expect(stderr.split('\n')).toEqual([
    'error: A quote is not closed',
    'error: This is a shell already',
    expect.stringContaining("unknown command 'bogus'"),
    '',
  ])
})

it('has what plugins keep for itself: a command beside it says who has it, and one that keeps nothing works', async () => {
  const { start, tally } = await place()
  const shell = start('shell')
  shell.type('counter increment\n')
  await shell.written(/^1$/m)
  const { code, stderr } = await tally('counter', 'increment')
  expect(code).toBe(1)
  expect(stderr).toMatch(
    new RegExp(`^error: A shell of tally \\(process ${shell.child.pid}\\) has .*state\\. Type the command there`),
  )
  expect((await tally('plugins')).code).toBe(0)
  shell.child.kill('SIGTERM')
  expect(await shell.ended).toMatchObject({ code: 143 })
  expect((await tally('counter', 'show')).stdout).toBe('1\n')
})

it('puts an edit of the configuration in force, and plugins that are installed and uninstalled', async () => {
  const { start, folder } = await place()
  const config = join(folder, 'tally.yaml')
  await writeFile(config, '')
  const tarball = packed(DICE, folder)
  const shell = start('--config', config, 'shell')
  shell.type('greet\n')
  await shell.written('Hello world.')
  await writeFile(config, 'greet:\n  settings: { greeting: Ahoy }\n')
  await shell.written(/configuration committed greet/)
  shell.type('greet\n')
  await shell.written('Ahoy world.')
  shell.type(`plugins install ${tarball}\nroll --dice 2\n`)
  // What the reload tells is on another stream, and may come in between.
  await shell.written('its plugin "dice" adds roll.')
  await shell.written(/^[1-6] [1-6]$/m)
  // Its next version takes its place.
  const next = join(folder, 'next')
  await cp(DICE, next, { recursive: true })
  const replace = async (name: string, from: string, to: string) => {
    const text = await readFile(join(next, name), 'utf8')
    await writeFile(join(next, name), text.replace(from, to))
  }
  await replace('package.json', '"1.0.0"', '"1.1.0"')
  await replace('plugin.js', "rolled.join(' ')", "rolled.join(' and ')")
  shell.type(`plugins install ${packed(next, folder)}\nroll --dice 2\n`)
  await shell.written('Installed tally-dice 1.1.0')
  await shell.written(/^[1-6] and [1-6]$/m)
  shell.type('plugins uninstall dice\nroll\n')
  await shell.written('Uninstalled tally-dice.')
  await shell.written('There is no command "roll"')
  shell.type('exit\n')
  await shell.ended
})
