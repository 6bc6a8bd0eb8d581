// The program of the guide to watching a host that needs OpenTelemetry, which only this package has at hand.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { run } from './watched.ts'

test('exports what the guide says', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../../docs/monitoring.md'), 'utf8')
  const [, program = ''] = /^```ts otel.ts\n(.*?)^```$/ms.exec(guide) ?? []
  // Inside the package, so that it finds the package by its name; not in node_modules, where no name leads out.
  const folder = join(import.meta.dirname, '../.cf-plugins')
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'otel.ts')
  await writeFile(file, program)
  const printed = await run([process.execPath, '--conditions=@cf-plugins/source', '--import', 'tsx', file])
  for (const name of ['cf_plugins.handler.duration', 'cf_plugins.event_loop.delay.p99']) expect(printed).toContain(name)
  expect(printed).toContain('user.login')
})
