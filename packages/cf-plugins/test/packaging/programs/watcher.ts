// What somebody writes who needs to know when source files have changed, and are whole.
import assert from 'node:assert/strict'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileChange, ReloadTrigger } from '@cf-plugins/watcher'

async function main(): Promise<void> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'watched-')))
  const changed = new Promise<readonly FileChange[]>((resolve, reject) => {
    const trigger = new ReloadTrigger({
      roots: [root],
      onChanges: (changes) => void trigger.stop().then(() => resolve(changes)),
    })
    trigger.start().then(() => writeFile(join(root, 'plugin.ts'), 'export {}\n'), reject)
  })
  const [change] = await changed
  assert.equal(change?.kind, 'add')
  assert.equal(change?.file, join(root, 'plugin.ts'))
  await rm(root, { recursive: true })
  console.log('watcher works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
