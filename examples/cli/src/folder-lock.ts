// One process at a time has a folder, such as that of what plugins keep: of two that count at once, neither undoes what the other did.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from './tool-error.ts'

/** Who has the folder. */
interface Holder {
  readonly pid: number
  readonly as: string
  /** When it took it, in milliseconds since the epoch. */
  readonly since: number
}

/** How long to wait for a command of another process, and between two looks, in milliseconds. */
const PATIENCE_MS = 20_000
const LOOK_MS = 15

/**
 * Waits until no other process has a folder, and takes it; gives what gives it back. A process that has died has nothing, and a shell,
 * which may stay for days, is not waited for.
 *
 * @throws ToolError who has it
 */
export async function lockFolder(
  folder: string,
  { as, signal }: { readonly as: string; readonly signal?: AbortSignal },
): Promise<() => void> {
  const file = `${folder}.lock`
  mkdirSync(dirname(file), { recursive: true })
  const until = performance.now() + PATIENCE_MS
  while (!take(file, { pid: process.pid, as })) {
    const holder = holderOf(file)
    if (holder && !isAlive(holder)) clear(file, holder)
    else if (holder?.as === 'shell')
      throw new ToolError(
        `A shell of tally (process ${holder.pid}) has ${folder}. Type the command there, or end it first.`,
      )
    else if (performance.now() > until)
      throw new ToolError(
        `Another command of tally${holder ? ` (process ${holder.pid})` : ''} has ${folder}, and has not ended in ${PATIENCE_MS / 1000} s.`,
      )
    else await sleep(LOOK_MS, undefined, signal && { signal })
  }
  return () => rmSync(file, { force: true })
}

/** It is there with all that is in it, or not at all. */
function take(file: string, holder: Omit<Holder, 'since'>): boolean {
  const made = `${file}.${process.pid}.new`
  writeFileSync(made, JSON.stringify({ ...holder, since: Date.now() }), { mode: 0o600 })
  try {
    linkSync(made, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(made, { force: true })
  }
}

/** Nothing when it has just gone. */
function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

function isAlive({ pid, since }: Holder): boolean {
  // Who had it before the machine was started is gone, whoever has that number now.
  if (since < Date.now() - 1000 * uptime()) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is one that lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes away what a dead process left, and not what a living one has put there since. */
function clear(file: string, dead: Holder): void {
  const aside = `${file}.${process.pid}.old`
  try {
    renameSync(file, aside)
    const found = holderOf(aside)
    if (found && (found.pid !== dead.pid || found.since !== dead.since)) linkSync(aside, file)
  } catch {
    // Another process was quicker.
  }
  rmSync(aside, { force: true })
}
