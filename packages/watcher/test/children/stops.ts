// Watches, sees a change, stops, and prints what is left of resources. It must end by itself.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ReloadTrigger } from '../../src/index.ts'

const folder = process.argv[2] ?? ''
// The channels of the loader that runs this script are not the trigger's.
const own = () => process.getActiveResourcesInfo().filter((name) => !name.endsWith('Wrap') || name === 'FSEventWrap')
let changes = 0

async function main() {
  const trigger = new ReloadTrigger({
    roots: [folder, join(folder, 'missing')],
    onChanges: (told) => {
      changes += told.length
    },
  })
  await trigger.start()
  writeFileSync(join(folder, 'a.ts'), 'new')
  while (changes === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  // In the middle of all that another change sets going.
  writeFileSync(join(folder, 'a.ts'), 'newer')
  await new Promise((resolve) => setImmediate(resolve))
  await trigger.stop()
  const ended = performance.now()
  // A closed handle is gone a turn later, and a look at a file that was under way when it has its answer.
  const left = () => own().filter((name) => name !== 'Immediate')
  while (left().length > 0 && performance.now() - ended < 400) await new Promise((resolve) => setImmediate(resolve))
  const resources = left()
  process.on('exit', () => {
    if (performance.now() - ended > 500) throw new Error('Something held the process up.')
    process.stdout.write(JSON.stringify({ changes, resources }))
  })
}

void main()
