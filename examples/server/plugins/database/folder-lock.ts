// One process a folder: PGlite does not look whether another one writes there, and two of them ruin it.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
    await setAside(folder, file)
    if (!(await create(file))) throw inUse(folder, file, undefined)
  }
  return () => rm(file, { force: true })
}

interface Owner {
  readonly pid: number
  readonly startedMs: number
}

const startedMs = () => Math.round(Date.now() - process.uptime() * 1000)

/** All of it at once, by a link: nobody reads a file that is not written yet. */
async function create(file: string): Promise<boolean> {
  const draft = ownName(file)
  await writeFile(draft, `${process.pid} ${startedMs()}\n`)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes the file of a process that is gone; by its name first, so that of several who do so only one has it. @throws `DATABASE_IN_USE` */
async function setAside(folder: string, file: string): Promise<void> {
  const owner = parse(await readFile(file, 'utf8').catch(ignoreMissing))
  if (owner !== undefined && isRunning(owner)) throw inUse(folder, file, owner.pid)
  const aside = ownName(file)
  await rename(file, aside).catch(ignoreMissing)
  const taken = parse(await readFile(aside, 'utf8').catch(ignoreMissing))
  try {
    if (taken === undefined || !isRunning(taken)) return
    // Somebody was quicker, and this is that one's file by now.
    await link(aside, file)
    throw inUse(folder, file, taken.pid)
  } finally {
    await rm(aside, { force: true })
  }
}

const ownName = (file: string) => `${file}.${process.pid}-${randomBytes(4).toString('hex')}`

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
