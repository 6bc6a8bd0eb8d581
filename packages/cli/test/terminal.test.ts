// What a terminal sees and a pipe does not.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cfBinary, environment, place } from './support/cf.ts'
import { pluginSource } from './support/sources.ts'

const ESCAPE = '\u001B['
const plugins = {
  'plugins/slow.ts': pluginSource('slow', { body: 'async setup() { await new Promise((r) => setTimeout(r, 400)) }' }),
}
const hasScript = spawnSync('script', ['--version']).status === 0

test('no colour goes into a pipe, unless FORCE_COLOR asks for it', async () => {
  const here = await place(plugins)
  const piped = await here.cf('list', 'plugins')
  expect(piped.stdout).not.toContain(ESCAPE)
  expect((await here.with({ FORCE_COLOR: '1' }).cf('list', 'plugins')).stdout).toContain(ESCAPE)
  const both = await here.with({ FORCE_COLOR: '1', NO_COLOR: '1' }).cf('list', 'plugins')
  expect(both.stdout).toBe(piped.stdout)
})

// util-linux's `script` gives a terminal to the process that it starts.
test.runIf(hasScript)('a terminal gets colour, and a line that tells what is starting and is erased', async () => {
  const here = await place(plugins)
  const onTerminal = (env: Readonly<Record<string, string>>) =>
    spawnSync('script', ['-qec', `"${process.execPath}" "${cfBinary}" run plugins --once`, '/dev/null'], {
      cwd: here.folder,
      env: environment({ TERM: 'xterm', XDG_RUNTIME_DIR: here.runtime, XDG_STATE_HOME: here.folder, ...env }),
      encoding: 'utf8',
      timeout: 20_000,
    })
  const { status, stdout } = onTerminal({})
  expect(status).toBe(0)
  expect(stdout).toMatch(/starting 0\/1: slow \(\d/)
  expect(stdout).toContain(`${ESCAPE}32m`)
  expect(stdout.lastIndexOf('\r\u001B[2K')).toBeGreaterThan(stdout.lastIndexOf('starting 0/1'))
  expect(onTerminal({ NO_COLOR: '1' }).stdout).not.toContain(`${ESCAPE}32m`)
})

test('a reader that goes away ends the host, and its plugins are torn down', async () => {
  const here = await place({
    'plugins/a.ts': pluginSource('a', { body: "setup() {}; teardown() { console.error('torn down') }" }),
  })
  const host = here.start('run', 'plugins')
  await host.until('1 active')
  host.child.stdout?.destroy()
  // The host notices when it writes again.
  await here.cf('reload', 'a', '--path', 'plugins')
  const { code, stderr } = await host.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'torn down\ntorn down\n' })
})
