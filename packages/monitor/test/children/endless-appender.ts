// `endless-appender.mjs <file> <maxBytes>`: audits without an end, and prints the number of each entry that is written.
import { writeSync } from 'node:fs'
import { AuditTrail } from '../../src/index.ts'

const [file = '', maxBytes = ''] = process.argv.slice(2)
const trail = new AuditTrail({ file, maxBytes: Number(maxBytes), keep: 1000 })
await trail.start()
for (let number = 1; ; number++) {
  const reason = 'x'.repeat((number % 7) * 100)
  for (let each = 0; each < 50; each++) trail.record({ action: 'test', outcome: 'done', reason })
  await trail.flush()
  writeSync(1, `${number * 50}\n`)
}
