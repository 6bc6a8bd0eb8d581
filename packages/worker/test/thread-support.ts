// Single threads, as those have them that keep several.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { onTestFinished } from 'vitest'
import type { InstanceShape, InstanceStart } from '../src/context-ops.ts'
import type { CallOptions } from '../src/remote.ts'
import { WorkerThread, type WorkerThreadOptions } from '../src/worker-thread.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
/** The plugin that blocks its thread, and does worse. */
export const BLOCKERS = fileURLToPath(new URL('./fixtures/blockers.mjs', import.meta.url))

/** A thread with a plugin, whose service's methods can be called. */
export class TestThread extends WorkerThread {
  #service = 0

  constructor(options: Partial<WorkerThreadOptions> = {}) {
    super({
      name: 'cf:parser',
      code: { module: pathToFileURL(options.file ?? BLOCKERS).href, image: undefined },
      role: 'plugin',
      plugin: 'parser',
      generation: 1,
      host: 'tests',
      heapMb: 64,
      startMs: 20_000,
      callMs: 20_000,
      serve: () => {},
      // The application is handed to `register`.
      serveSync: () => ({ value: undefined }),
      logger: SILENT,
      ...options,
    })
    onTestFinished(() => this.end(0))
  }

  /** Waits until its plugin can be called. */
  async begin(): Promise<this> {
    await this.ready
    const start: InstanceStart = {
      name: 'parser',
      meta: resolveMeta({ name: 'parser', version: '1.0.0' }),
      source: { file: BLOCKERS, generation: 1, files: [BLOCKERS] },
      context: 0,
      reason: 'start',
      config: {},
      isAborted: false,
    }
    const { service } = (await this.call('register', [start])) as InstanceShape
    if (!service || !('shape' in service)) throw new Error('The plugin of the tests offers no service.')
    this.#service = service.shape.id
    return this
  }

  /** Calls a method of the plugin's service. */
  run(name: string, args: readonly unknown[] = [], options: CallOptions = {}): Promise<unknown> {
    return this.call('service', [this.#service, name, args], { what: `${name}()`, ...options })
  }
}
