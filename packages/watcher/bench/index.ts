// The hot paths of a developer: from the moment a file is saved, or a thousand by a checkout, until the host is told; and what watching
// costs at the start.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compare } from '@cf-plugins/bench-harness'
import { ReloadTrigger } from '@cf-plugins/watcher'
import { type ChokidarOptions, watch as chokidarWatch } from 'chokidar'

const home = realpathSync(mkdtempSync(join(tmpdir(), 'cf-watcher-bench-')))
const SOURCE = `export const value = 1\n${'// a line of a plugin of ordinary size\n'.repeat(60)}`

/** A folder with 20 files, and a way to wait until a save in it is told. */
interface Watched {
  readonly file: string
  told: () => void
  stop(): Promise<void>
}

function makeFolder(name: string, files: number): string {
  const folder = join(home, name)
  mkdirSync(folder)
  for (let index = 0; index < files; index++) writeFileSync(join(folder, `f${index}.ts`), SOURCE)
  return folder
}

async function watchOurs(name: string): Promise<Watched> {
  const folder = makeFolder(name, 20)
  const watched: Watched = { file: join(folder, 'f0.ts'), told: () => {}, stop: () => trigger.stop() }
  const trigger = new ReloadTrigger({ roots: [folder], onChanges: () => watched.told() })
  await trigger.start()
  return watched
}

async function watchPlain(name: string, debounceMs: number, options: ChokidarOptions = {}): Promise<Watched> {
  const folder = makeFolder(name, 20)
  const watcher = chokidarWatch(folder, { ignoreInitial: true, ...options })
  const watched: Watched = { file: join(folder, 'f0.ts'), told: () => {}, stop: () => watcher.close() }
  let timer: NodeJS.Timeout | undefined
  watcher.on('all', (_event, path) => {
    if (path !== watched.file) return
    clearTimeout(timer)
    timer = setTimeout(() => watched.told(), debounceMs)
  })
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
  return watched
}

let saves = 0

function saveInPlace(file: string): void {
  writeFileSync(file, `${SOURCE}// ${saves++}\n`)
}

function saveAtomically(file: string): void {
  writeFileSync(`${file}.tmp`, `${SOURCE}// ${saves++}\n`)
  renameSync(`${file}.tmp`, file)
}

async function compareSaves(how: string, save: (file: string) => void, atMost: number, why: string): Promise<void> {
  const watched = {
    ReloadTrigger: await watchOurs(`${how}-ours`),
    'chokidar, 60 ms debounce': await watchPlain(`${how}-debounce`, 60),
    'chokidar, awaitWriteFinish 60 ms': await watchPlain(`${how}-finish`, 0, {
      awaitWriteFinish: { stabilityThreshold: 60, pollInterval: 20 },
    }),
  }
  const contenders = Object.entries(watched).map(([name, one]) => {
    const untilTold = () =>
      new Promise<void>((resolve) => {
        one.told = resolve
        save(one.file)
      })
    return [name, untilTold] as const
  })
  await compare(`a file saved ${how}, until the host is told`, Object.fromEntries(contenders), {
    unit: 'ms',
    rounds: 15,
    warmup: 0,
    // What a save sets going must have ended before the next one is timed.
    setup: () => sleep(150),
    goals: [{ of: 'ReloadTrigger', against: 'chokidar, 60 ms debounce', atMost, why }],
  })
  await Promise.all(Object.values(watched).map((one) => one.stop()))
}

/** A checkout: every file of a folder is written, and the host is told of all of them. */
async function compareCheckout(files: number): Promise<void> {
  const folders = { ours: makeFolder('checkout-ours', files), floor: makeFolder('checkout-floor', files) }
  const saveAll = (folder: string) => {
    const source = `${SOURCE}// ${saves++}\n`
    for (let index = 0; index < files; index++) writeFileSync(join(folder, `f${index}.ts`), source)
  }
  let told = 0
  let allTold = () => {}
  const trigger = new ReloadTrigger({
    roots: [folders.ours],
    onChanges: (changes) => {
      told += changes.length
      if (told >= files) allTold()
    },
  })
  await trigger.start()
  await compare(
    `${files.toLocaleString('en')} files saved at once, until the host is told of all`,
    {
      ReloadTrigger: () =>
        new Promise<void>((resolve) => {
          told = 0
          allTold = resolve
          saveAll(folders.ours)
        }),
      // What nobody can do without: to write, to wait as long, and to read and hash what was written.
      'by hand: write, wait, read, hash': async () => {
        saveAll(folders.floor)
        await sleep(60)
        for (let index = 0; index < files; index++) {
          createHash('sha256')
            .update(await readFile(join(folders.floor, `f${index}.ts`)))
            .digest('hex')
        }
      },
    },
    {
      unit: 'ms',
      rounds: 9,
      warmup: 0,
      setup: () => sleep(150),
      goals: [
        {
          of: 'ReloadTrigger',
          against: 'by hand: write, wait, read, hash',
          atMost: 3,
          why: 'no file of a thousand waits for each of the others',
        },
      ],
    },
  )
  await trigger.stop()
}

async function compareStart(files: number): Promise<void> {
  const folder = makeFolder(`start-${files}`, files)
  await compare(
    `start and stop over ${files.toLocaleString('en')} files`,
    {
      'ReloadTrigger, with a hash of each': async () => {
        const trigger = new ReloadTrigger({ roots: [folder], onChanges: () => {} })
        await trigger.start()
        await trigger.stop()
      },
      chokidar: async () => {
        const watcher = chokidarWatch(folder, { ignoreInitial: true })
        await new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
        await watcher.close()
      },
    },
    {
      unit: 'ms',
      rounds: 10,
      goals: [
        { of: 'ReloadTrigger, with a hash of each', against: 'chokidar', atMost: 0.4, why: 'folders, not files' },
      ],
    },
  )
}

try {
  await compareSaves('in place', saveInPlace, 1.1, 'settled by content costs no more than a wait')
  await compareSaves('atomically', saveAtomically, 0.2, 'what is renamed into place is whole')
  await compareCheckout(1_000)
  await compareStart(1_000)
} finally {
  rmSync(home, { recursive: true })
}
