// A contender's program while it runs: edits go into its plugin, and it tells when one serves.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Save } from './edited-plugin.ts'
import type { WriteProgram } from './reloaders.ts'

/** A program that runs. */
export interface Running {
  /** Saves the next edit, and resolves when it serves. @throws Error when it never does, or the program has ended */
  edit(save: Save): Promise<void>
  /** How many saves it did not see, and which so had to be made again. */
  lost(): number
  stop(): void
}

/** A save without a sign for so many milliseconds is lost. */
const LOST_MS = 3_000
const TRIES = 3

/** Starts a contender's program over a plugin of its own, and resolves when that serves. */
export async function startProgram(name: string, write: WriteProgram, files: number, home: string): Promise<Running> {
  const folder = join(home, `${name.replaceAll(/\W+/g, '-')}-${files}`)
  mkdirSync(folder, { recursive: true })
  const { plugin, parameters, imports } = write(folder, files)
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...(imports ? (['ipc'] as const) : [])],
  })
  const kill = () => child.kill()
  process.once('exit', kill)
  // Whatever it is told of a change, what follows is an import.
  if (imports) child.on('message', () => child.send('import'))
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => {
    errors = `${errors}${data}`.slice(-2_000)
  })
  let served = -1
  let told = () => {}
  let failure: Error | undefined
  child.once('exit', (code) => {
    failure = new Error(`"${name}" ended with ${code}: ${errors}`)
    told()
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      served = Number(/^serving (\d+)$/.exec(line)?.[1] ?? served)
      told()
    })
  /** Whether it serves an edit before the time is over. */
  const serves = async (edit: number): Promise<boolean> => {
    const over = new AbortController()
    const late = sleep(LOST_MS, true, { signal: over.signal, ref: false }).catch(() => false)
    while (served !== edit && !failure) {
      const isLate = await Promise.race([
        late,
        new Promise<boolean>((resolve) => {
          told = () => resolve(false)
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
  if (!(await serves(0))) throw new Error(`"${name}" does not serve: ${errors}`)
  return {
    async edit(save) {
      edits++
      for (let tries = 0; tries < TRIES; tries++) {
        plugin.edit(edits, save)
        if (await serves(edits)) return
        lost++
      }
      throw new Error(`"${name}" sees no edit: ${errors}`)
    },
    lost: () => lost,
    stop() {
      process.off('exit', kill)
      kill()
    },
  }
}
