// `quitter.mjs <file> <turns>`: ends in the midst of auditing, after so many turns of the event loop, without a word.
import { AuditTrail } from '../../src/index.ts'

const [file = '', turns = ''] = process.argv.slice(2)
const trail = new AuditTrail({ file })
await trail.start()
for (let number = 1; number <= 2000; number++) trail.record({ action: 'test', outcome: 'done' })
for (let turn = 0; turn < Number(turns); turn++) {
  await new Promise((resolve) => setImmediate(resolve))
  // What the system was asked for is done by the next turn, and not yet known here.
  const until = performance.now() + 5
  while (performance.now() < until);
}
for (let number = 1; number <= 100; number++) trail.record({ action: 'test', outcome: 'done' })
process.exit(0)
