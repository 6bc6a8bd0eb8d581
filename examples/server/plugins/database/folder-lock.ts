// One process a folder: PGlite does not look whether another one writes there, and two of them ruin it.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
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
  if (!(await create(file))) await takeOver(folder, file)
  return () => rm(file, { force: true })
}

interface Owner {
  readonly pid: number
  readonly startedMs: number
}

const startedMs = () => Math.round(Date.now() - process.uptime() * 1000)

/** All of it at once, by a link: nobody reads a file that is not written yet. */
async function create(file: string): Promise<boolean> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
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

/** Takes the place of a process that is gone. One at a time, by a file of its own: nobody removes what another one has just made. @throws `DATABASE_IN_USE` */
async function takeOver(folder: string, file: string): Promise<void> {
  const turn = `${file}.turn`
  await refuseRunning(folder, file)
  if (!(await create(turn))) {
    const other = await ownerOf(turn)
    // One whose process ended in the middle of this is gone at the next attempt.
    if (other && !isRunning(other)) await rm(turn, { force: true })
    throw inUse(folder, file, other?.pid)
  }
  try {
    await refuseRunning(folder, file)
    await rm(file, { force: true })
    if (!(await create(file))) throw inUse(folder, file, undefined)
  } finally {
    await rm(turn, { force: true })
  }
}

/** @throws `DATABASE_IN_USE` where the process that made a file runs */
async function refuseRunning(folder: string, file: string): Promise<void> {
  const owner = await ownerOf(file)
  if (owner !== undefined && isRunning(owner)) throw inUse(folder, file, owner.pid)
}

async function ownerOf(file: string): Promise<Owner | undefined> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing)
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
