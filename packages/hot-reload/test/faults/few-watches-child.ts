// Run by files.test.ts in a process that may have no system watches: prints what its plugins and its host went through.
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HotReloader, type ReloadReport } from '../../src/index.ts'
import { counter } from '../sources.ts'

const [, , folder = ''] = process.argv
const unhandled: string[] = []
process.on('unhandledRejection', (reason) => void unhandled.push(String(reason)))
const reports: ReloadReport[] = []
const warnings: string[] = []
const quiet = () => {}
const reloader = new HotReloader({
  paths: [folder],
  afterReload: (report) => void reports.push(report),
  logger: {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_context: unknown, text?: string) => void warnings.push(String(text)),
  },
})
await reloader.start()
const save = async (text: string) => {
  const seen = reports.length
  await writeFile(join(folder, '.saving'), text)
  await rename(join(folder, '.saving'), join(folder, 'counter.ts'))
  while (reports.length === seen) await sleep(10)
  await reloader.idle()
}
const increment = () => (reloader.lifecycle.service('counter') as { increment(): number }).increment()
const counts = [increment()]
await save(counter(10))
counts.push(increment())
await save('export const = 1')
counts.push(increment())
await save(counter(100))
counts.push(increment())
const { watching: health } = reloader
const outcomes = reports.map(({ outcome }) => outcome)
const [, failed] = reports
const { code, plugin, line, phase, generation } = failed?.error ?? {}
const instance = reloader.lifecycle.instance('bystander')
process.stdout.write(
  JSON.stringify({
    health,
    warnings,
    counts,
    outcomes,
    unhandled,
    isThere: instance !== undefined,
    error: { code, plugin, line, phase, generation },
  }),
)
await reloader.stop()
