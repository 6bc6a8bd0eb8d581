// Ends a process whose own thread cannot: code of a plugin does not give that back.
import { Worker } from 'node:worker_threads'
import { PluginError } from '@cf-plugins/plugin-api'
import { type HookTrace, teardownChannel } from 'cf-plugins'
import type { Output } from './output.ts'

/** Runs in a thread of its own, which no plugin can hold up. Node has no way to end the process from there but a signal. */
const CODE = `
const { writeSync } = require('node:fs')
const { workerData } = require('node:worker_threads')
const { ms, at, lines, descriptor } = workerData
setTimeout(() => {
  writeSync(descriptor, lines[Atomics.load(at, 0)])
  process.kill(process.pid, 'SIGKILL')
}, ms)
`

/** Until `Symbol.dispose`: kills the process when the bound is over, and says whose `teardown` it was that ran then. */
export class Watchdog implements Disposable {
  readonly #worker: Worker
  /** The number, from 1, of the plugin whose `teardown` has the thread; 0 for none. */
  readonly #at = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  readonly #names: readonly string[]
  readonly #begin = (trace: unknown) => this.#note(this.#names.indexOf((trace as HookTrace).plugin) + 1)
  readonly #end = () => this.#note(0)

  constructor(ms: number, names: readonly string[], output: Output) {
    this.#names = names
    const lines = [undefined, ...names].map((name) => output.errorLine(blocked(name), { event: 'hung' }))
    const descriptor = output.json ? 1 : 2
    this.#worker = new Worker(CODE, { eval: true, execArgv: [], workerData: { ms, at: this.#at, lines, descriptor } })
    this.#worker.unref()
    teardownChannel.start.subscribe(this.#begin)
    teardownChannel.end.subscribe(this.#end)
    teardownChannel.asyncEnd.subscribe(this.#end)
  }

  [Symbol.dispose](): void {
    teardownChannel.start.unsubscribe(this.#begin)
    teardownChannel.end.unsubscribe(this.#end)
    teardownChannel.asyncEnd.unsubscribe(this.#end)
    void this.#worker.terminate()
  }

  #note(number: number): void {
    Atomics.store(this.#at, 0, number)
  }
}

function blocked(plugin: string | undefined): PluginError {
  const whose = plugin === undefined ? 'Code of a plugin' : `Plugin "${plugin}"`
  return new PluginError(
    'CFP_CLI_HUNG',
    `${whose} did not give the thread back${plugin === undefined ? '' : ' in teardown()'}, and so the process was killed. Await what takes long, or do it in a worker.`,
    { plugin, phase: plugin === undefined ? undefined : 'teardown' },
  )
}
