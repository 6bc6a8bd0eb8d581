// The live mode, on a real terminal.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { copyOfPlugins, edit, noTerminal, startOnTerminal } from './playground-process.ts'

const CTRL_C = '\u0003'
const reason = noTerminal()

it.skipIf(reason !== undefined)(
  `on a terminal it shows what started, follows edits, and stops at Ctrl-C${reason === undefined ? '' : ` (${reason})`}`,
  async () => {
    const plugins = await copyOfPlugins()
    const live = startOnTerminal(['--plugins', plugins])
    await live.written(/Stop +Ctrl-C\n/)
    expect(live.text()).toMatch(/search +·*█+ ([4-9]\d\d ms|\d+\.\d s)/)
    expect(live.text()).toMatch(/├─ ● counter/)
    expect(live.text()).toMatch(/database is failed: [\s\S]*ECONNREFUSED/)
    expect(live.text()).toMatch(/reports is blocked: [\s\S]*needs "database"/)
    expect(live.text()).toContain(`Edit and save  ${join(plugins, 'counter.ts')}\n`)
    expect(live.text()).toContain(`npx cf list ${plugins} `)

    await edit(join(plugins, 'counter.ts'), 'const STEP = 1\n', 'const STEP = 7\n')
    await live.written(/reloaded counter, .* in .*ms, state of counter, milestones kept\n/)
    await live.written(/counter: \d+ seconds and 0 calls, in steps of 7\n/)

    await edit(join(plugins, 'counter.ts'), 'const STEP = 7\n', 'const STEP = (8\n')
    await live.written(/not reloaded counter .*: the old code serves on\n/)

    await writeFile(join(plugins, 'newcomer.js'), 'export default { name: 1 }\n')
    await live.written('newcomer.js is not a plugin')
    await rm(join(plugins, 'newcomer.js'))

    live.child.stdin?.write(CTRL_C)
    expect(await live.ended, live.text()).toBe(0)
    expect(live.text()).toMatch(/Stopped 10 plugins in .*ms\.\n/)
  },
)
