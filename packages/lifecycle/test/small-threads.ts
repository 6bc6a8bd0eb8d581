// Threads as small as can be, of plugins whose entry files are plain modules: enough to see what the lifecycle makes of them.
import { Worker } from 'node:worker_threads'
import { PluginError, type PluginInstance, type PluginRecord } from '@cf-plugins/plugin-api'
import type { OffloadedFunction, OffloadedTask, PluginThreads, ThreadedPlugin } from '@cf-plugins/plugin-api/host'

/** What a thread runs: it calls a function of the entry file, or of the instance that its `register` has made. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
let instance
parentPort.on('message', async ({ id, name, args }) => {
  try {
    const exported = await import(workerData)
    if (name === 'register') instance = await exported.register({}, args[0])
    const run = name === 'register' ? () => Object.keys(instance) : (instance ?? exported)[name]
    parentPort.postMessage({ id, result: await run(...args) })
  } catch (error) {
    parentPort.postMessage({ id, error })
  }
})`

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: unknown
}

class Thread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>()
  #calls = 0
  ended = false

  constructor(file: string) {
    this.#worker = new Worker(THREAD, { eval: true, workerData: `file://${file}` })
    this.#worker.on('message', ({ id, result, error }: Answer) => {
      if (error === undefined) this.#waiting.get(id)?.resolve(result)
      else this.#waiting.get(id)?.reject(error)
      this.#waiting.delete(id)
    })
    this.#worker.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the thread ended'))
    })
  }

  call(name: string, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(++this.#calls, { resolve, reject })
      this.#worker.postMessage({ id: this.#calls, name, args })
    })
  }

  async end(): Promise<void> {
    this.ended = true
    await this.#worker.terminate()
  }
}

export class SmallThreads implements PluginThreads {
  readonly tasks: OffloadedTask[] = []
  readonly released: string[] = []
  readonly plugins: ThreadedPlugin[] = []
  readonly #threads: Thread[] = []
  readonly #exports: Readonly<Record<string, unknown>>

  /** @param exported what the entry files export */
  constructor(exported: Readonly<Record<string, unknown>> = {}) {
    this.#exports = exported
  }

  /** How many threads there are just now. */
  get running(): number {
    return this.#threads.filter(({ ended }) => !ended).length
  }

  async register(
    { source: { file = '' } }: PluginRecord,
    context: { own<T extends () => unknown>(release: T): T; config: unknown },
    plugin: ThreadedPlugin,
  ): Promise<PluginInstance> {
    this.plugins.push(plugin)
    const thread = this.#thread(file)
    context.own(() => thread.end())
    const hooks = (await thread.call('register', { config: context.config })) as string[]
    return Object.fromEntries(hooks.map((hook) => [hook, (...args: unknown[]) => thread.call(hook, ...args)]))
  }

  offload({ meta, source: { file = '' } }: PluginRecord, task: OffloadedTask): OffloadedFunction {
    const name = Object.keys(this.#exports).find((key) => this.#exports[key] === task.run)
    if (name === undefined) throw new PluginError('CFP_OFFLOAD_NOT_EXPORTED', 'Export it.', { plugin: meta.name })
    this.tasks.push(task)
    const thread = this.#thread(file)
    return {
      // What is known of an event cannot be copied; that is not the affair of this.
      call: (...args) => thread.call(name, ...(task.kind === 'hook' ? args : args.slice(0, -1))),
      release: () => {
        this.released.push(name)
        void thread.end()
      },
    }
  }

  #thread(file: string): Thread {
    const thread = new Thread(file)
    this.#threads.push(thread)
    return thread
  }
}
