// `quitter.mjs <file>`: ends in the midst of auditing, without a word.
import { AuditTrail } from '../../src/index.ts'

const [file = ''] = process.argv.slice(2)
const trail = new AuditTrail({ file })
await trail.start()
for (let number = 1; number <= 2000; number++) trail.record({ action: 'test', outcome: 'done' })
await new Promise((resolve) => setImmediate(resolve))
for (let number = 1; number <= 100; number++) trail.record({ action: 'test', outcome: 'done' })
process.exit(0)
