// Watches in a process that may have few system watches, or none, and prints what it sees nevertheless.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReloadTrigger } from '../../src/index.ts'

async function main() {
  const [folder = '', heard] = process.argv.slice(2)
  const folders = ['one', 'two', 'three'].map((name) => join(folder, name))
  for (const path of folders) {
    mkdirSync(path)
    writeFileSync(join(path, 'a.ts'), 'old')
  }
  const told: string[] = []
  const codes = new Set<string>()
  const unhandled: string[] = []
  process.on('unhandledRejection', (reason) => unhandled.push(String(reason)))
  const trigger = new ReloadTrigger({
    roots: [folder],
    onChanges: (changes) => void told.push(...changes.map(({ kind, file }) => `${kind} ${relative(folder, file)}`)),
    ...(heard === 'unheard' ? {} : { onError: (error) => void codes.add(error.code) }),
  })
  await trigger.start()
  const until = async (what: string) => {
    while (!told.includes(what)) await sleep(5)
  }
  for (const path of folders) writeFileSync(join(path, 'a.ts'), 'new')
  for (const name of ['one', 'two', 'three']) await until(`change ${name}/a.ts`)
  mkdirSync(join(folder, 'four'))
  writeFileSync(join(folder, 'four/b.ts'), 'new')
  await until('add four/b.ts')
  writeFileSync(join(folder, 'four/b.ts'), 'newer')
  await until('change four/b.ts')
  rmSync(join(folder, 'two'), { recursive: true })
  await until('unlink two/a.ts')
  mkdirSync(join(folder, 'two'))
  writeFileSync(join(folder, 'two/a.ts'), 'again')
  await until('add two/a.ts')
  const { health } = trigger
  await trigger.stop()
  process.stdout.write(JSON.stringify({ health, codes: [...codes], unhandled, told: told.sort() }))
}

void main()
