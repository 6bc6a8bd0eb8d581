// Errors that nobody caught: whose they are, and what becomes of a plugin that leaves too many. Only where a host asks.
import { AsyncLocalStorage } from 'node:async_hooks'
import { messageOf, PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { audit, shownFile } from '@cf-plugins/plugin-api/host'
import type { LifecycleCore } from './core.ts'
import { LeftBehind } from './left-behind.ts'
import type { Quarantine } from './quarantine.ts'
import { type Place, placeIn } from './stack-place.ts'
import type { CodeOwner, RunningCode, StrayErrorOptions, StrayWatch } from './stray-code.ts'

/**
 * Listens to the process' errors that nobody caught, and tells those of plugins. Whose one is, its stack says; where
 * that leads to no plugin, the hook or handler does that it came from. All others are the host's, as if nobody listened.
 */
export class StrayErrors implements StrayWatch {
  readonly #core: LifecycleCore
  readonly #options: StrayErrorOptions
  readonly #quarantine: Quarantine
  readonly #running = new AsyncLocalStorage<RunningCode>()
  readonly #leftBehind: LeftBehind | undefined
  /** How many the serving code of each has left. */
  readonly #left = new Map<string, number>()

  constructor(core: LifecycleCore, options: StrayErrorOptions, quarantine: Quarantine) {
    this.#core = core
    this.#options = options
    this.#quarantine = quarantine
    if (options.leftBehind)
      this.#leftBehind = new LeftBehind(
        () => this.#running.getStore(),
        (error) => this.#report(error),
      )
  }

  run<T>({ name, record: { source } }: CodeOwner, task: () => T): T {
    return this.#running.run(runningCode(name, source), task)
  }

  listen(): void {
    this[Symbol.dispose]()
    process.on('uncaughtException', this.#listener)
    process.on('unhandledRejection', this.#listener)
    this.#leftBehind?.listen()
  }

  [Symbol.dispose](): void {
    process.off('uncaughtException', this.#listener)
    process.off('unhandledRejection', this.#listener)
    this.#leftBehind?.[Symbol.dispose]()
  }

  ended({ name, record: { source } }: CodeOwner): void {
    this.#leftBehind?.ended(name, source.generation)
  }

  forgive(plugins: readonly string[]): void {
    for (const plugin of plugins) this.#left.delete(plugin)
  }

  readonly #listener = (thrown: unknown): void => {
    const place = placeIn(thrown, (file) => this.#servingFrom(file) !== undefined)
    const running = place ? this.#servingFrom(place.file) : this.#running.getStore()
    if (!running) this.#leaveToHost(thrown)
    else this.#tell(running, place, thrown)
  }

  #tell({ plugin, generation, file = undefined }: RunningCode, place: Place | undefined, thrown: unknown): void {
    const { secrets } = this.#core.host
    const cause = secrets ? secrets.value(thrown) : thrown
    const where = place ? ` (${shownFile(place.file)}:${place.line})` : file ? ` (${shownFile(file)})` : ''
    const message = `Plugin "${plugin}" left an error to nobody${where}: ${messageOf(cause)}. Catch it, or await what rejects.`
    const error = new PluginError('CFP_STRAY_ERROR', message, {
      plugin,
      phase: 'run',
      file,
      generation,
      ...place,
      cause,
    })
    this.#report(error)
    // What is left of replaced code goes on whatever becomes of the plugin.
    const serving = this.#core.roster.find(plugin)?.serving
    if (serving?.record.source.generation !== generation) return
    const count = (this.#left.get(plugin) ?? 0) + 1
    this.#left.set(plugin, count)
    const { quarantineAfter = 5 } = this.#options
    if (count >= quarantineAfter) void this.#switchOff(serving.number, error, count)
  }

  async #switchOff(number: number, cause: PluginError, count: number): Promise<void> {
    const { plugin = '', file, generation } = cause
    const message = `Plugin "${plugin}" was switched off: it left ${count} errors to nobody, the last one: ${messageOf(cause.cause)}. Save a better version, or enable it again.`
    const error = new PluginError('CFP_PLUGIN_QUARANTINED', message, { plugin, phase: 'run', file, generation, cause })
    const isOff = await this.#quarantine.add(plugin, number, error)
    // Who switches it on again gives it as many.
    if (isOff) this.#left.delete(plugin)
    if (isOff) this.#tellHost(error)
  }

  #report(error: PluginError): void {
    const { id: host, logger } = this.#core.host
    const { plugin, message: reason } = error
    logger.error({ err: error }, reason)
    audit({ host, action: 'stray-error', outcome: 'failed', plugin, reason })
    this.#tellHost(error)
  }

  #tellHost(error: PluginError): void {
    try {
      this.#options.onStrayError?.(error)
    } catch (failure) {
      this.#core.host.logger.error({ err: failure }, `onStrayError() of the host failed: ${messageOf(failure)}`)
    }
  }

  /** Who has the file; of several that share it the one whose code runs. */
  #servingFrom(file: string): RunningCode | undefined {
    const records = this.#core.roster.slots().flatMap(({ serving, starting }) => (starting ?? serving)?.record ?? [])
    const users = records.filter(({ source }) => source.files.includes(file))
    const running = this.#running.getStore()
    if (users.some(({ meta }) => meta.name === running?.plugin)) return running
    const [user] = users
    return user && runningCode(user.meta.name, user.source)
  }

  /** Where nobody else listens either, the process ends as it would without this. */
  #leaveToHost(thrown: unknown): void {
    const listens = (event: string) => process.listeners(event as 'exit').some((other) => other !== this.#listener)
    if (listens('uncaughtException') || listens('unhandledRejection')) return
    this[Symbol.dispose]()
    setImmediate(() => {
      throw thrown
    })
  }
}

function runningCode(plugin: string, { generation, file, files }: PluginRecord['source']): RunningCode {
  return { plugin, generation, file, files }
}
