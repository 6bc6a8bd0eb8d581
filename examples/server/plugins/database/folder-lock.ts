// One process a folder: PGlite does not look whether another one writes there, and two of them ruin it.
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseError } from './errors.ts'

/** Clocks that are set, and the rounding of a process's age. */
const SAME_START_MS = 5000

/**
 * Takes a folder for this process, by a file beside it. One that a process left which is not there any more is taken over.
 *
 * @returns what gives it back
 * @throws `DATABASE_IN_USE`
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = `${folder}.lock`
  await mkdir(dirname(folder), { recursive: true })
  if (!(await create(file))) {
    const owner = parse(await readFile(file, 'utf8').catch(ignoreMissing))
    if (owner !== undefined && isRunning(owner)) throw inUse(folder, file, owner.pid)
    await rm(file, { force: true })
    if (!(await create(file))) throw inUse(folder, file, undefined)
  }
  return () => rm(file, { force: true })
}

interface Owner {
  readonly pid: number
  readonly startedMs: number
}

const startedMs = () => Math.round(Date.now() - process.uptime() * 1000)

async function create(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, 'wx')
    await handle.writeFile(`${process.pid} ${startedMs()}\n`)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function parse(text: string): Owner | undefined {
  const [pid = Number.NaN, started = Number.NaN] = text.split(' ').map(Number)
  return Number.isInteger(pid) && Number.isFinite(started) ? { pid, startedMs: started } : undefined
}

function isRunning({ pid, startedMs: then }: Owner): boolean {
  // In a container every process may be number 1: an earlier life of this one is not this one.
  if (pid === process.pid) return Math.abs(startedMs() - then) < SAME_START_MS
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

function inUse(folder: string, file: string, pid: number | undefined): DatabaseError {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new DatabaseError(
    'DATABASE_IN_USE',
    `The embedded database in ${folder} is used by ${who}, and only one can. Stop that one, or use a server: set DATABASE_URL. If nobody has it, delete ${file}.`,
  )
}
