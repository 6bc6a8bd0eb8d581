// The hot paths of a host that serves resources: one is changed, one is read, all are listed. What a change costs is mostly the disk's,
// which it must have reached.
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, growth } from '@cf-plugins/bench-harness'
import { ResourceManager } from '@cf-plugins/resources'

const folder = await mkdtemp(join(tmpdir(), 'cf-resources-bench-'))
const resources = new ResourceManager({ folder: join(folder, 'resources') })
const content = 'x'.repeat(4096)
await resources.create('report', content, { metadata: { author: 'Ada' } })
const file = join(folder, 'by-hand')

async function replaceByHand(): Promise<void> {
  const handle = await open(`${file}.tmp`, 'w')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.tmp`, file)
}
await replaceByHand()

let count = 0

await compare(
  'a resource of 4 kB',
  {
    'write, sync and rename': replaceByHand,
    // With a revision that no other process can have taken, and the metadata merged.
    update: () => resources.update('report', { content, metadata: { count: ++count } }),
    'read a file': async () => (await readFile(file)).length,
    // With its hash checked.
    get: async () => (await resources.get('report')).revision,
  },
  {
    goals: [
      {
        of: 'update',
        against: 'write, sync and rename',
        atMost: 12,
        why: 'a claim, a file and two folders are synced',
      },
      { of: 'get', against: 'read a file', atMost: 12, why: 'opened without following links, hashed, parsed' },
    ],
  },
)

/** As many resources, and a list of all of them. */
async function listOf(count: number) {
  const many = new ResourceManager({ folder: join(folder, `resources-${count}`) })
  for (let at = 0; at < count; at++) await many.create(`report-${at}`, 'x')
  return { many, list: async () => (await many.list({ limit: 1_000 })).resources.length }
}
const few = await listOf(20)
const more = await listOf(200)
await growth(
  'a list of n resources',
  { 20: few.list, 200: more.list },
  { rounds: 15, why: 'each head is read once, 16 at a time' },
)

await few.many.close()
await more.many.close()
await resources.close()
await rm(folder, { recursive: true })
