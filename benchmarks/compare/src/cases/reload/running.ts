// A contender's program while it runs: edits go into its plugin, and it tells when one serves.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Save, temporaryFolder } from './edited-plugin.ts'
import type { WriteProgram } from './programs.ts'

/** A program that runs. */
export interface Running {
  /**
   * Saves the next edit, and resolves when it serves.
   *
   * @param onWritten called as soon as the file is written
   * @throws Error when it never does, or the program has ended
   */
  edit(save: Save, onWritten?: () => void): Promise<void>
  /** How many saves it did not see, and which so had to be made again. */
  lost(): number
  stop(): void
}

/** How long a program may take to serve at all, in milliseconds. */
const START_MS = 40_000
/** A save without a sign for so many milliseconds is lost. */
const LOST_MS = 4_000
const TRIES = 3

/**
 * Starts a contender's program over a plugin of its own, and resolves when that serves.
 *
 * @param told whether the program sees no save by itself, and is told of each as hot-hook's runner does
 */
export async function startProgram(write: WriteProgram, files: number, told = false): Promise<Running> {
  const folder = temporaryFolder()
  const { plugin, parameters, environment } = write(folder, files)
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...(told ? (['ipc'] as const) : [])],
    env: { ...process.env, ...environment },
  })
  const kill = () => child.kill()
  process.once('exit', kill)
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => {
    errors = `${errors}${data}`.slice(-2_000)
  })
  let served = -1
  let heard = () => {}
  let failure: Error | undefined
  child.once('exit', (code) => {
    failure = new Error(`The program ended with ${code}: ${errors}`)
    heard()
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      served = Number(/^serving (\d+)$/.exec(line)?.[1] ?? served)
      heard()
    })
  /** Whether it serves an edit before the time is over. */
  const serves = async (edit: number, withinMs: number): Promise<boolean> => {
    const over = new AbortController()
    const late = sleep(withinMs, true, { signal: over.signal, ref: false }).catch(() => false)
    while (served !== edit && !failure) {
      const isLate = await Promise.race([
        late,
        new Promise<boolean>((resolve) => {
          heard = () => resolve(false)
        }),
      ])
      if (isLate) return false
    }
    over.abort()
    if (failure) throw failure
    return true
  }

  let edits = 0
  let lost = 0
  if (!(await serves(0, START_MS))) throw new Error(`The program does not serve: ${errors}`)
  return {
    async edit(save, onWritten) {
      edits++
      for (let tries = 0; tries < TRIES; tries++) {
        plugin.edit(edits, save)
        onWritten?.()
        if (told) child.send({ type: 'hot-hook:file-changed', path: plugin.leaf, action: 'change' })
        if (await serves(edits, LOST_MS)) return
        lost++
      }
      throw new Error(`The program sees no edit: ${errors}`)
    },
    lost: () => lost,
    stop() {
      process.off('exit', kill)
      kill()
    },
  }
}
