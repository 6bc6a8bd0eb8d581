// The tour with plugins that do not do what they must: it has to see that.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { copyOfPlugins, edit, edited, startPlain } from './playground-process.ts'

describe('the tour', () => {
  it('fails, and says where and why, with a counter that drops its state in a reload', async () => {
    const plugins = await copyOfPlugins()
    await edit(join(plugins, 'counter.ts'), 'this.#count = state.count\n', 'void state\n')
    const tour = startPlain(['--once', '--plugins', plugins])
    expect(await tour.ended, tour.text()).toBe(1)
    const text = tour.text()
    expect(edited(text, 1)).toMatch(/✖ the counter went back from \d+ to 10\b/)
    expect(edited(text, 3)).toMatch(/✖ the counter went back from \d+ to 10\b/)
    expect(edited(text, 4)).toContain('✔')
    expect(text).toMatch(/^3 of 5 edits did what they must/m)
  })

  it('fails with a counter that loses a call', async () => {
    const plugins = await copyOfPlugins()
    await edit(join(plugins, 'counter.ts'), '{ count: this.#count,', '{ count: this.#count - STEP,')
    const tour = startPlain(['--once', '--plugins', plugins])
    expect(await tour.ended, tour.text()).toBe(1)
    expect(edited(tour.text(), 1)).toMatch(/✖ the counter went from \d+ to \d+, in steps of 1/)
  })

  it('fails with statistics that come back without their state', async () => {
    const plugins = await copyOfPlugins()
    await edit(join(plugins, 'stats.ts'), 'this.#since = since\n', 'void since\n')
    const tour = startPlain(['--once', '--plugins', plugins])
    expect(await tour.ended, tour.text()).toBe(1)
    expect(edited(tour.text(), 5)).toMatch(/✖ stats came back without its state/)
    expect(tour.text()).toMatch(/^4 of 5 edits did what they must/m)
  })

  it('fails with a plugin that stops to answer', async () => {
    const plugins = await copyOfPlugins()
    const isReloaded = "if (this.context.generation > 1) throw new Error('lost my voice')"
    await edit(
      join(plugins, 'greeter.ts'),
      'readonly greet = (name',
      `readonly greet = (): string => {\n${isReloaded}\nreturn this.welcome()\n}\nreadonly welcome = (name`,
    )
    const tour = startPlain(['--once', '--plugins', plugins])
    expect(await tour.ended, tour.text()).toBe(1)
    expect(edited(tour.text(), 4)).toMatch(/✖ .*lost my voice/)
  })

  it('fails with a counter that has nothing to edit', async () => {
    const plugins = await copyOfPlugins()
    await edit(join(plugins, 'counter.ts'), 'const STEP = 1\n', 'const STEP = 1 as number\n')
    const tour = startPlain(['--once', '--plugins', plugins])
    expect(await tour.ended, tour.text()).toBe(1)
    expect(edited(tour.text(), 1)).toContain('✖ counter.ts has no "const STEP = 1\\n" to edit')
  })
})
