// A host that brings no logger, and looks at no report: what goes wrong is told all the same, where people look.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Logger, PluginError, type PluginManagerOptions } from '../../src/index.ts'
import { standardErrorLog } from '../../src/standard-error-log.ts'
import { PluginFolder } from './plugin-folder.ts'

const plugin = (name: string, setup: string, more = '') => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: '${name}', version: '1.0.0', ${more}
  setup(context) {
    ${setup}
  },
})`

const told: unknown[] = []

/** A host over these files, and what it writes to the console. */
async function hosted(files: Readonly<Record<string, string>>, options: PluginManagerOptions = {}) {
  const spies = (['error', 'warn', 'log', 'info', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((text: unknown) => void told.push(text)),
  )
  told.length = 0
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  const folder = await PluginFolder.make(files)
  return { folder, ...(await folder.started(options)) }
}

it('tells who did not start and why, with the place in the code that threw', async () => {
  const { folder } = await hosted({
    'broken.ts': 'export default {',
    'failing.ts': plugin('failing', "throw new Error('no luck')"),
    'waiting.ts': plugin('waiting', '', "dependencies: ['failing'],"),
    'fine.ts': plugin('fine', "context.logger.info('up'); context.logger.warn('low on ink')"),
  })
  const text = told.join('\n')
  expect(text).toContain(
    `cf-plugins error CFP_SYNTAX: Plugin file ${join(folder.path, 'broken.ts')} could not be loaded`,
  )
  expect(text).toContain('cf-plugins error CFP_SETUP_FAILED: Plugin "failing" failed in setup()')
  expect(text).toMatch(/no luck\n {4}at .*failing\.ts:5:11/)
  expect(told).toContainEqual(
    expect.stringMatching(/^cf-plugins error CFP_DEPENDENCY_FAILED: Plugin "waiting" .*no luck$/),
  )
  expect(told).toContain('cf-plugins warning [fine]: low on ink')
  expect(told).toHaveLength(4)
})

it('tells of an edit that is not taken, and of a handler that fails with nobody to hear of it', async () => {
  const { folder, manager, reported } = await hosted(
    { 'clock.ts': plugin('clock', "context.on('tick', () => { throw new Error('stuck') })") },
    { hotReload: true },
  )
  manager.events.publish('tick')
  await vi.waitFor(() =>
    expect(told.join('\n')).toMatch(/cf-plugins error: Plugin "clock" failed in "tick": stuck\n {4}at .*clock\.ts:5:/),
  )
  await reported(() => folder.save('clock.ts', 'export default {'))
  expect(told).toContainEqual(expect.stringMatching(/^cf-plugins error CFP_SYNTAX: Plugin "clock" .*clock\.ts:1:/))
})

it('tells that there is nothing to start, and where it looked', async () => {
  const { folder } = await hosted({ '.keep': '' })
  expect(told).toEqual([`cf-plugins warning: No plugin was found in ${folder.path}.`])
})

it('tells no secret of the configuration', async () => {
  const { folder } = await hosted({ 'empty/.keep': '' })
  const yaml = join(folder.path, 'plugins.yaml')
  await writeFile(yaml, 'mailer:\n  settings:\n    password: correct horse\n')
  await folder.save(
    'mailer.ts',
    `import { definePlugin } from 'cf-plugins'
    import { z } from 'zod'
    export default definePlugin({
      name: 'mailer', version: '1.0.0', config: z.object({ password: z.string().meta({ secret: true }) }),
      setup({ config }) { throw new Error('refused: ' + config.password) },
    })`,
  )
  told.length = 0
  await folder.started({ config: yaml })
  expect(told.join('\n')).toContain('Plugin "mailer" failed in setup()')
  expect(told.join('\n')).not.toContain('correct horse')
})

it('tells nobody where the host says so', async () => {
  await hosted({ 'failing.ts': plugin('failing', "throw new Error('no luck')") }, { logger: false })
  expect(told).toEqual([])
})

it('tells the host’s own logger who did not start, and nobody else', async () => {
  const entries: unknown[] = []
  const error = (details: string | object, message?: string) => void entries.push([details, message])
  const logger: Logger = { debug() {}, info() {}, warn() {}, error }
  const { report } = await hosted({ 'failing.ts': plugin('failing', "throw new Error('no luck')") }, { logger })
  const err = report.failed[0]?.error
  expect(entries).toEqual([[{ event: 'start.failed', plugin: 'failing', state: 'failed', err }, err?.message]])
  expect(told).toEqual([])
})

it('has warnings and errors, but not how long a reload took', () => {
  const lines: string[] = []
  const log = standardErrorLog((line) => void lines.push(line))
  log.debug('a')
  log.info({ plugin: 'b' }, 'b')
  log.warn({ event: 'reload.slow', durationMs: 101, phase: 'load' }, 'The reload took 101 ms.')
  log.warn('c')
  log.error({ plugin: 'd', err: new PluginError('CFP_D', 'Plugin "d" failed.') }, 'Plugin "d" failed.')
  expect(lines).toEqual(['cf-plugins warning: c', 'cf-plugins error CFP_D: Plugin "d" failed.'])
})
