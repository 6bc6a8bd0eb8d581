// `full-disk.mjs <folder on a small disk>`: audits until the disk is full, makes room, and prints what happened as JSON.
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuditTrail, readAudit } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const file = join(folder, 'audit.jsonl')
const ballast = join(folder, 'ballast')
const told: string[] = []
const trail = new AuditTrail({ file, maxWaiting: 1000, onError: ({ code, cause }) => told.push(code, String(cause)) })
await trail.start()
const free = () => statfsSync(folder).bavail * statfsSync(folder).bsize
writeFileSync(ballast, Buffer.alloc(free() - 64 * 1024))
const add = () => trail.record({ action: 'test', outcome: 'done', reason: 'x'.repeat(300) })
for (let number = 0; number < 1000; number++) add()
await trail.flush()
const { written, waiting, lost, error } = trail.status
const torn = await readAudit(file, { limit: Number.POSITIVE_INFINITY })
rmSync(ballast)
const healed = await trail.flush()
const { entries, unreadable } = await readAudit(file, { limit: Number.POSITIVE_INFINITY })
await trail.stop()
console.log(
  JSON.stringify({
    ...{ written, waiting, lost, code: error?.code, told, healed, unreadable },
    readWhileFull: torn.entries.length,
    numbers: entries.map(({ seq }) => seq),
  }),
)
