// Each way to have a task done in a thread, as its own documentation has it.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../package-root.ts'

/** A task by its name, and what it takes and gives. */
export interface Tasks {
  addOne(payload: { count: number }): { count: number }
  compute(payload: { count: number }): { count: number }
  block(payload: { ms: number }): { ms: number }
}

type Task = keyof Tasks

/** Has one task done, in one of its threads. */
export interface Pool<Name extends Task> {
  readonly run: (payload: Parameters<Tasks[Name]>[0]) => unknown
  readonly end: () => unknown
}

/** Starts a pool for a task, with so many threads. */
export type StartPool = <Name extends Task>(task: Name, threads: number) => Promise<Pool<Name>>

export const fileOf = (name: string): string => join(packageRoot, 'src', 'cases', 'worker', 'tasks', name)

export const piscina: StartPool = async (name, threads) => {
  const { Piscina } = await import('piscina')
  const pool = new Piscina({ filename: fileOf('all.mjs'), minThreads: threads, maxThreads: threads })
  return { run: (payload) => pool.run(payload, { name }), end: () => pool.destroy() }
}

export const tinypool: StartPool = async (name, threads) => {
  const { Tinypool } = await import('tinypool')
  const pool = new Tinypool({ filename: fileOf('all.mjs'), minThreads: threads, maxThreads: threads })
  return { run: (payload) => pool.run(payload, { name }), end: () => pool.destroy() }
}

export const workerpool: StartPool = async (name, threads) => {
  const { default: library } = await import('workerpool')
  const bounds = { minWorkers: threads, maxWorkers: threads, workerType: 'thread' } as const
  const pool = library.pool(fileOf('workerpool.mjs'), bounds)
  return { run: (payload) => pool.exec(name, [payload]), end: () => pool.terminate() }
}

/** The task itself, in the host. */
export const inline: StartPool = async (name) => {
  const tasks = (await import(pathToFileURL(fileOf('all.mjs')).href)) as Record<Task, (payload: unknown) => unknown>
  return { run: tasks[name], end: () => {} }
}
