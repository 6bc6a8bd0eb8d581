// The one shape that every form of a plugin is reduced to.
import type { PluginContext } from './context.ts'
import type { PluginInstance } from './instance.ts'
import type { ResolvedPluginMeta } from './meta.ts'
import type { Awaitable } from './thenable.ts'

/** Where a plugin's code came from. */
export interface PluginSource {
  /** Absolute path of the plugin's entry file; nothing for a plugin that the host added by value. */
  readonly file?: string | undefined
  /** Which load of the code this is, from 1. */
  readonly generation: number
  /** Absolute paths of every file of the plugin that this generation read, its entry among them. */
  readonly files: readonly string[]
}

/** Makes an instance. May be sync or async: what it returns tells. */
export type RegisterPlugin = (app: never, context: PluginContext<never, never, never>) => Awaitable<PluginInstance>

/** A plugin, whatever form it was written in. */
export interface PluginRecord {
  readonly meta: ResolvedPluginMeta
  readonly register: RegisterPlugin
  /** How it was written, for messages that say where a line belongs. */
  readonly form?: 'module' | 'definition' | 'class' | undefined
  readonly source: PluginSource
}
