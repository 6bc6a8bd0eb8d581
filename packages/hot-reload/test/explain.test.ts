// Why a plugin is not there when its file could not be loaded.
import { expect, it } from 'vitest'
import { startFolder as start } from './plugin-folder.ts'
import { counter, plugin } from './sources.ts'

const BROKEN = 'export const fine = 1\n\nconst no = = 5'

it('explains a dependency by what is wrong with its file', async () => {
  const folder = await start({
    'broken.ts': BROKEN,
    'reports.ts': plugin('reports', { dependencies: "['broken']" }),
    'mails.ts': plugin('mails', { dependencies: "['reports']" }),
    'tool/index.ts': 'export default 1',
    'tools.ts': plugin('tools', { dependencies: "['tool', 'broken']" }),
  })
  const { reloader, started } = folder
  expect(reloader.explain('reports').text).toMatch(
    /^reports is blocked: it needs broken, which is not there: Plugin file .*broken\.ts could not be loaded: .*broken\.ts:3:12/,
  )
  const mails = reloader.explain('mails')
  expect(mails.text).toMatch(
    /^mails is blocked: it needs reports, which is blocked: it needs broken, which is not there: /,
  )
  expect(mails.chain.map((step) => step.plugin)).toEqual(['mails', 'reports', 'broken'])
  expect(mails.rootCause).toMatchObject({ plugin: 'broken', state: 'failed', error: { code: 'CFP_SYNTAX', line: 3 } })
  expect(reloader.explain('tools').rootCause).toMatchObject({ plugin: 'tool', error: { code: 'CFP_NOT_A_PLUGIN' } })
  const failed = Object.fromEntries(started.failed.map(({ plugin: name, error }) => [name, error]))
  expect(Object.keys(failed).sort()).toEqual(['broken', 'mails', 'reports', 'tool', 'tools'])
  expect(failed.reports).toMatchObject({ code: 'CFP_DEPENDENCY_MISSING', plugin: 'reports', cause: failed.broken })
  expect(failed.reports?.message).toMatch(/^Plugin "reports" was not started: it needs "broken", .*broken\.ts:3:12/)
  expect(failed.mails?.message).toMatch(/^Plugin "mails" was not started: it needs "reports", .*broken\.ts:3:12/)
})

it('explains a plugin that could not be loaded, by its likely name', async () => {
  const folder = await start({ 'broken.ts': BROKEN, 'tool/plugin.ts': BROKEN })
  expect(folder.reloader.explain('broken')).toMatchObject({
    plugin: 'broken',
    state: 'failed',
    rootCause: { error: { code: 'CFP_SYNTAX' } },
  })
  expect(folder.reloader.explain('tool').text).toMatch(/^tool is not there: .*plugin\.ts:3:12/)
  expect(() => folder.reloader.explain('other')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_UNKNOWN' }))
})

it('finds the entry of a plugin whose helper is to blame', async () => {
  const folder = await start(
    {
      'tool.ts': "import './_helper.ts'\nexport default 1",
      '_helper.ts': BROKEN,
      'user.ts': plugin('user', { dependencies: "['tool']" }),
    },
    { debounceMs: 300 },
  )
  expect(folder.reloader.explain('user').text).toMatch(
    /it needs tool, which is not there: .*tool\.ts .*_helper\.ts:3:12/,
  )
  await folder.save('tool.ts', `import './_helper.ts'\n${plugin('tool', { setup: '() => ({})' })}`)
  const mended = await folder.reported(() => folder.save('_helper.ts', 'export {}'))
  expect(mended.outcome).toBe('committed')
  expect(folder.reloader.explain('user').text).toBe('user is active')
})

it('leaves explanations alone that end elsewhere', async () => {
  const folder = await start({
    'broken.ts': BROKEN,
    'user.ts': plugin('user', { dependencies: "['counter']" }),
    'counter.ts': counter(1, "throw new Error('no')"),
  })
  expect(folder.reloader.explain('user')).toEqual(folder.reloader.lifecycle.explain('user'))
})
