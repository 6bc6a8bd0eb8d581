// Takes the read permission of a file and a folder away, gives it back later, and prints what was told.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReloadTrigger } from '../../src/index.ts'

async function main() {
  const folder = process.argv[2] ?? ''
  const file = join(folder, 'a.ts')
  const locked = join(folder, 'locked')
  writeFileSync(file, 'old')
  mkdirSync(locked)
  writeFileSync(join(locked, 'b.ts'), 'old')
  chmodSync(locked, 0)
  const errors: string[][] = []
  const changes: string[][] = []
  const trigger = new ReloadTrigger({
    roots: [folder],
    onChanges: (told) => void changes.push(...told.map((change) => [change.kind, basename(change.file)])),
    onError: (error) => void errors.push([error.code, basename(error.file ?? '')]),
  })
  await trigger.start()
  chmodSync(file, 0)
  while (errors.length < 2) await sleep(5)
  chmodSync(file, 0o600)
  writeFileSync(file, 'new')
  while (changes.length === 0) await sleep(5)
  chmodSync(locked, 0o700)
  while (changes.length === 1) await sleep(5)
  await trigger.stop()
  process.stdout.write(JSON.stringify({ errors, changes, survived: true }))
}

void main()
