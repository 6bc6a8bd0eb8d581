// What the tests share: a folder of their own, a trigger that records, and waiting for conditions.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { type FileChange, ReloadTrigger, type ReloadTriggerOptions, type WatcherError } from '../src/index.ts'

export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cf-watcher-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits for a condition, and fails with what it was after 10 s. */
export async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited ${withinMs} ms in vain: ${what}`)
    await sleep(5)
  }
}

/** How long nothing must come for a test to say that nothing comes: more than any delay of the trigger in use. */
export const NOTHING_MS = 250

export interface Recorded {
  readonly trigger: ReloadTrigger
  /** One entry a call of onChanges. */
  readonly calls: (readonly FileChange[])[]
  readonly errors: WatcherError[]
  readonly passedOver: { file: string; why: string }[]
  changes(): FileChange[]
  of(file: string): FileChange[]
}

/** A started trigger that writes down all it tells, stopped when the test ends. */
export async function watch(roots: string | readonly string[], options: Partial<ReloadTriggerOptions> = {}) {
  const recorded = record(roots, options)
  await recorded.trigger.start()
  return recorded
}

export function record(roots: string | readonly string[], options: Partial<ReloadTriggerOptions> = {}): Recorded {
  const calls: (readonly FileChange[])[] = []
  const errors: WatcherError[] = []
  const passedOver: { file: string; why: string }[] = []
  const trigger = new ReloadTrigger({
    roots: typeof roots === 'string' ? [roots] : roots,
    onChanges: (changes) => void calls.push(changes),
    onError: (error) => void errors.push(error),
    onPassedOver: (file, why) => void passedOver.push({ file, why }),
    ...options,
  })
  onTestFinished(() => trigger.stop())
  const changes = () => calls.flat()
  return {
    trigger,
    calls,
    errors,
    passedOver,
    changes,
    of: (file) => changes().filter((change) => change.file === file),
  }
}

/** Runs a script of `children/` in a process of its own, behind `wrapper` if one is given, and reads the JSON it prints. */
export function runChild(script: string, args: readonly string[], wrapper: readonly string[] = []): unknown {
  return JSON.parse(runScript(join(import.meta.dirname, 'children', script), args, wrapper))
}

/** Runs a TypeScript file in a process of its own, which must end by itself, and gives what it prints. */
export function runScript(file: string, args: readonly string[] = [], wrapper: readonly string[] = []): string {
  const node = [process.execPath, '--conditions=@cf-plugins/source', '--import', import.meta.resolve('tsx'), file]
  const [command = '', ...rest] = [...wrapper, ...node, ...args]
  const ran = spawnSync(command, rest, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 20_000 })
  if (ran.status !== 0) throw new Error(`${file} ended with ${ran.status ?? ran.signal}: ${ran.stdout}${ran.stderr}`)
  return ran.stdout
}
