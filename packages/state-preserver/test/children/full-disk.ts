// `full-disk.mjs <folder on a small disk>`: saves more and more until the disk is full. Prints what happened as JSON.
import { readdirSync } from 'node:fs'
import type { StatePreservationError } from '@cf-plugins/plugin-api'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver, type StateSnapshot } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const told: string[] = []
const preserver = new StatePreserver({
  store: new FileStateStore({ folder }),
  onStoreError: ({ code }) => told.push(code),
})
const meta = resolveMeta({ name: 'big', version: '1.0.0' })
const save = (text: string) =>
  preserver.save({ name: 'big', enabled: true, meta, instance: { getReloadState: () => ({ text }) } })
const textOf = (snapshot: StateSnapshot | undefined) => (snapshot?.state as { text: string } | undefined)?.text

await save('small')
await preserver.flush()
await save('x'.repeat(4 * 1024 * 1024))
const error: StatePreservationError = await preserver.flush().then(
  () => undefined,
  (thrown) => thrown,
)
const elsewhere = new StatePreserver({ store: new FileStateStore({ folder }) })
const result = {
  code: error?.code,
  cause: (error?.cause as { code?: string } | undefined)?.code,
  told,
  inMemory: textOf(preserver.latest('big'))?.length,
  loadedHere: textOf(await preserver.load('big'))?.length,
  onDisk: textOf(await elsewhere.load('big')),
  files: readdirSync(folder),
}
await save('small again')
await preserver.flush()
const healed = textOf(await elsewhere.load('big'))
console.log(JSON.stringify({ ...result, healed }))
