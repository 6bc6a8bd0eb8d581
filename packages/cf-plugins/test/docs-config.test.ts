// The guide to configuration: its files, as they stand there, configure its plugins.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { shownFile } from '@cf-plugins/plugin-api/host'
import { expect, it, onTestFinished } from 'vitest'
import { ConfigSource, type PluginManager, problemLine } from '../src/index.ts'

interface Mail {
  readonly host: string
  readonly key: string
  readonly retry: { readonly times: number; readonly waitMs: number }
}

it('configures, checks and edits the plugins of the guide to configuration', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../../docs/config.md'), 'utf8')
  // Below this package, so that its imports are found.
  const parent = join(import.meta.dirname, '../node_modules/.docs')
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'cf-config-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [, name = '', text = ''] of guide.matchAll(/^```(?:ts|yaml) (\S+)\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  const { manager } = (await import(join(folder, 'host.ts'))) as { manager: PluginManager }
  onTestFinished(async () => void (await manager.stop()))

  const report = await manager.start()
  expect(report.failed).toEqual([])
  expect(report.active).toEqual(['mail'])
  expect((await manager.configuration()).problems).toEqual([])
  const mail = () => manager.get('mail') as Mail
  expect(mail()).toMatchObject({ host: 'localhost', key: 'open sesame', retry: { times: 5, waitMs: 250 } })

  const before = mail()
  const file = join(folder, 'plugins.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/host: .*/, 'host: mail.example.org').replace('250', '-1'))
  await expect.poll(() => mail().host, { timeout: 10_000 }).toBe('mail.example.org')
  expect(mail()).toBe(before)
  await writeFile(join(folder, 'plugins.d/digest.yaml'), 'enabled: true\nsettings:\n  hours: [8]\n')
  await expect.poll(() => manager.status('digest').state, { timeout: 10_000 }).toBe('active')

  // What the guide says of mistakes is said of these.
  await manager.stop()
  await writeFile(file, `${text.replace('*limits', '*limit')}mial:\n`)
  await writeFile(join(folder, 'plugins.d/digest.yaml'), 'enabled: true\nsettings:\n  hours: [8, 24]\n')
  const config = await new ConfigSource({ file, env: { MAIL_KEY: 'open sesame' } }).load()
  const problems = await config.check(manager.registry.records().map(({ meta }) => meta))
  const lines = problems.map((problem) => {
    const mark = problem.severity === 'error' ? 'error' : 'warn '
    const { file = '' } = problem
    return `${mark} ${problemLine(problem).replace(shownFile(file), relative(folder, file))}`
  })
  expect(lines.join('\n')).toBe(/^```text\n(.*?)\n```$/ms.exec(guide)?.[1])
})
