// A host that starts a plugin in a thread, calls it, and then has nothing else to do.
import { Lifecycle } from '@cf-plugins/lifecycle'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { PluginThreads } from '../../src/index.ts'

const file = process.argv[2] as string
const lifecycle = new Lifecycle<unknown, unknown>({ app: {}, threads: new PluginThreads() })
lifecycle.registry.add(toPluginRecord(await import(file), { file, generation: 1, files: [file] }))
await lifecycle.start()
const service = lifecycle.service('leaving') as { listen(): Promise<number>; close(): Promise<void> }
if (process.argv[3] === 'listening') {
  const port = await service.listen()
  process.stdout.write(`${port}\n`)
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  process.stdout.write(`${await answer.text()}\n`)
}
process.on('exit', () => process.stdout.write('left\n'))
