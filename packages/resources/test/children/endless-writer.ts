// Updates a resource without an end, `endless-writer.mjs <folder>`, and prints each number that is on the disk.
import { writeSync } from 'node:fs'
import { ResourceManager } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const manager = new ResourceManager({ folder })
const first = (await manager.find('log')) ?? (await manager.create('log', '', { metadata: { number: 0 } }))
for (let number = Number(first.metadata.number) + 1; ; number++) {
  const content = String(number).repeat(2_000 + (number % 7) * 20_000)
  await manager.update('log', { content, metadata: { number } })
  writeSync(1, `${number}\n`)
}
