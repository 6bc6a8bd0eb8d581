// `appender.mjs <file> <host> <count> <maxBytes>`: audits so many entries, some at once and some one by one.
import { AuditTrail } from '../../src/index.ts'

const [file = '', host = '', count = '', maxBytes = ''] = process.argv.slice(2)
const trail = new AuditTrail({ file, host, maxBytes: Number(maxBytes), keep: 1000 })
await trail.start()
for (let number = 1; number <= Number(count); number++) {
  trail.record({ action: 'test', outcome: 'done', subject: `${number}`, reason: 'x'.repeat(number % 500) })
  if (number % 10 === 0) await trail.flush()
}
const { lost, written } = await trail.stop()
console.log(JSON.stringify({ lost, written }))
