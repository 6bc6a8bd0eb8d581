// Completion, in the shells themselves.
import { spawnSync } from 'node:child_process'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DICE, missing, type Place, packed, place, type Running } from './tally-process.ts'

const CTRL_U = '\u0015'
const TAB = '\t'
const noTerminal = missing('script')

/** A place with a plugin from a package. */
async function withDice(): Promise<Place> {
  const here = await place()
  await here.tally('plugins', 'install', packed(DICE, here.folder))
  return here
}

/** A shell on a terminal, with what tally gives it. */
async function conversation(
  { program }: Place,
  command: string,
  setup: string,
): Promise<(typed: string, gives: RegExp) => Promise<void>> {
  const shell: Running = program(command)
  shell.type(`${setup}; echo READY$((1+1))\r`)
  await shell.written('READY2')
  return async (typed, gives) => {
    const from = shell.text().length
    shell.type(`${CTRL_U}${typed}`)
    await shell.written(typed.trimEnd(), from)
    shell.type(TAB)
    await shell.written(gives, from)
  }
}

describe.skipIf(noTerminal ?? missing('bash'))('bash', () => {
  it('completes commands of plugins, options, and choices, with its own machinery', async () => {
    const here = await withDice()
    // Without bash-completion, which not everybody has.
    const complete = await conversation(here, 'bash --norc --noprofile', 'eval "$(tally completion bash)"')
    await complete('tally ro', /tally roll $/)
    await complete('tally counter inc', /tally counter increment $/)
    await complete('tally roll --si', /tally roll --sides $/)
    await complete('tally roll --sides 1', /tally roll --sides 12 $/)
    await complete('tally roll --sides=1', /tally roll --sides=12 $/)
    await complete('tally --verbose digest -a bl', /tally --verbose digest -a blake2b512 $/)
    await complete('tally digest pl', /tally digest plugins\/$/)
    await complete('tally chart do', /tally chart dots $/)
    await complete("tally chart --width 9 'ha", /tally chart --width 9 'hash' $/)
    await complete('tally plugins uninstall ta', /tally plugins uninstall tally-dice $/)
    await complete('tally help cou', /tally help counter $/)
    await complete('X=1 tally gr', /X=1 tally greet $/)
    // Asked twice, it lists them, in the plugin's order.
    await complete(`tally roll --sides ${TAB}`, /\n4 +6 +8 +12 +20\s/)
    // What was typed is never run.
    await complete('tally $(touch ran) co; tally gr', /tally greet $/)
    await complete('tally greet $(touch ran) -', /tally greet \$\(touch ran\) -\S*$/)
    await expect(stat(join(here.folder, 'ran'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe.skipIf(noTerminal ?? missing('zsh'))('zsh', () => {
  it('completes the same', async () => {
    const here = await withDice()
    const complete = await conversation(
      here,
      'zsh -f',
      'autoload -Uz compinit; compinit -u -D; eval "$(tally completion zsh)"',
    )
    await complete('tally ro', /tally roll $/)
    await complete('tally counter inc', /tally counter increment $/)
    await complete('tally roll --sides=1', /tally roll --sides=12 $/)
    await complete('tally roll --sides 2', /tally roll --sides 20 $/)
    await complete('tally digest pl', /tally digest plugins\/$/)
  })
})

describe.skipIf(missing('fish'))('fish', () => {
  it('completes the same', async () => {
    const here = await withDice()
    const PATH = `${join(here.folder, 'bin')}:${process.env.PATH}`
    const env = { ...process.env, PATH, TALLY_DATA: here.data, TALLY_PLUGINS: here.plugins, HOME: here.folder }
    const complete = (line: string) => {
      const script = `tally completion fish | source; complete -C '${line}'`
      return spawnSync('fish', ['-N', '-c', script], { cwd: here.folder, env, encoding: 'utf8', timeout: 60_000 })
        .stdout
    }
    expect(complete('tally ro')).toBe('roll\troll dice\n')
    expect(complete('tally counter increment --b')).toBe('--by\thow much\n')
    expect(complete('tally roll --sides=1')).toBe('--sides=12\n')
    expect(complete('tally digest pl')).toMatch(/^plugins\//)
  })
})

it('answers from what it remembers, starts plugins where something has changed, and prints nothing of theirs', async () => {
  const { tally, save, data } = await place()
  const snapshot = join(data, 'cache/commands.json')
  const ask = async (...words: string[]) => (await tally('__complete', 'fish', ...words)).stdout
  const chatty = (name: string) => `console.log('here I am')
    export const PLUGIN_META = { name: 'chatty', version: '1.0.0' }
    export const register = (app) => ({ setup: () => void app.command('${name}').alias('ch2').argument('<tune-file>') })`
  await save('chatty.js', chatty('chirp'))
  expect(await ask('chi')).toBe('words\nchirp\t\n')
  const remembered = await readFile(snapshot, 'utf8')
  expect(await ask('chirp', '')).toBe('files\n')
  // An alias is completed by who means it.
  expect(await ask('ch2')).toBe('words\nch2\t\n')
  expect(await readFile(snapshot, 'utf8')).toBe(remembered)
  await save('chatty.js', chatty('chatter'))
  expect(await ask('chi')).toBe('words\n')
  expect(await ask('chat')).toBe('words\nchatter\t\n')
  // State was neither read nor written for it.
  await expect(stat(join(data, 'state'))).rejects.toMatchObject({ code: 'ENOENT' })
  await rm(snapshot)
  await save('chatty.js', 'export const = 1')
  expect(await ask('gree')).toBe('words\ngreet\tgreet somebody\n')
})
