// What is known of code that runs for a plugin, and who watches what it leaves behind.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'

/** What becomes of errors that plugins leave to nobody: a throw in a timer, a promise that is rejected and not awaited. */
export interface StrayErrorOptions {
  /** How many a plugin may leave before it is switched off, until it is replaced or enabled. @default 5 */
  readonly quarantineAfter?: number
  /** Tell as well what replaced and stopped code has left open: timers, servers, listeners of the process, ... @default false */
  readonly leftBehind?: boolean
  /** Told of each, by the plugin's name; the log is told as well. */
  readonly onStrayError?: (error: PluginError) => void
}

/** Whose code runs. */
export interface CodeOwner {
  readonly name: string
  readonly record: Pick<PluginRecord, 'source'>
}

/** As little as is needed: what a promise keeps, a timer keeps, however old. */
export interface RunningCode {
  readonly plugin: string
  readonly generation: number
  readonly file: string | undefined
  readonly files: readonly string[]
}

/** Watches the code of plugins for what it leaves behind. */
export interface StrayWatch extends Disposable {
  /** Runs code of a plugin, so that what it leaves behind is known as that plugin's. */
  run<T>(owner: CodeOwner, task: () => T): T
  /** Begins to listen; again is nothing. */
  listen(): void
  /** Looks what a generation that has ended has left open. */
  ended(owner: CodeOwner): void
  /** New code begins anew. */
  forgive(plugins: readonly string[]): void
}
