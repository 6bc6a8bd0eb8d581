// Writes state without an end, `endless-writer.mjs <folder>`, and prints each number that is on the disk.
import { writeSync } from 'node:fs'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const preserver = new StatePreserver({ store: new FileStateStore({ folder, key: Buffer.alloc(32, 7) }) })
const meta = resolveMeta({ name: 'writer', version: '1.0.0' })
const first = ((await preserver.load('writer'))?.state as { number: number } | undefined)?.number ?? 0
for (let number = first + 1; ; number++) {
  const fill = String(number).repeat(2_000 + (number % 7) * 20_000)
  await preserver.save({ name: 'writer', enabled: true, meta, instance: { getReloadState: () => ({ number, fill }) } })
  await preserver.flush()
  writeSync(1, `${number}\n`)
}
