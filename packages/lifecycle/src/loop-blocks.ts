// What the log is told of a plugin that blocks the event loop: who it was, for how long, and the line to add.
import type { LoopBlock } from '@cf-plugins/hooks'
import type { Logger, PluginRecord } from '@cf-plugins/plugin-api'
import { type PluginThreads, shownFile } from '@cf-plugins/plugin-api/host'
import type { HeldResources } from './held-resources.ts'
import { metaPlace } from './meta-place.ts'
import { givenFor } from './stands-for.ts'

/** Where it is looked up. */
export interface BlockedHost {
  readonly logger: Logger
  readonly threads: PluginThreads | undefined
  /** Whether what asks for a thread is run here instead. */
  readonly inline: boolean
  readonly held: HeldResources
}

/** Tells it. @param record the plugin's; nothing where it was the host's own handler */
export function warnOfBlock(host: BlockedHost, block: LoopBlock, record: PluginRecord | undefined): void {
  const { plugin, generation, kind, name, step, blockedMs, waited } = block
  const ms = Math.round(blockedMs)
  const file = record?.source.file
  const where = file === undefined ? '' : ` (${shownFile(file)})`
  const who = record ? `Plugin "${plugin}"` : `The ${plugin}`
  const remedy = record ? ` ${remedyOf(record, block, host)}` : ''
  host.logger.warn(
    { plugin, generation, file, kind, name, step, blockedMs, waited },
    `${who} blocked the event loop for ${ms} ms in ${whatOf(block)}${waited ? ', once it had waited' : ''}${where}: nothing else ran meanwhile.${remedy}`,
  )
}

function whatOf({ kind, name, step }: LoopBlock): string {
  switch (kind) {
    case 'lifecycle':
      return `${name}()`
    case 'timer':
      return `a task of ${name}()`
    case 'listener':
      return `its listener of "${name}"`
    case 'service':
      return `its service "${name}", or its host did that used it`
    case 'pipeline':
      return `its step "${step}" of "${name}"`
    default:
      return `its handler of "${name}"`
  }
}

function remedyOf(record: PluginRecord, { kind, handler }: LoopBlock, { threads, inline, held }: BlockedHost): string {
  if (inline) return "Its host runs everything here, by threads: 'inline'."
  const { given, inThread } = givenFor(handler)
  if (inThread || record.meta.execution === 'worker') {
    return 'It runs in a thread, and what it is given took so long to copy: give it less, or transfer() it.'
  }
  if (isExported(record, given, threads)) {
    return `Write { offload: true } in the options of that ${kind === 'pipeline' ? 'step' : 'handler'}, and it runs in a thread.`
  }
  if (held.isHolder(record.meta.name)) {
    return "A plugin that holds something cannot run in a thread: move what blocks into a handler that its file exports, with { offload: true }, or into a plugin of its own with execution: 'worker'."
  }
  return `Write execution: 'worker' in ${metaPlace(record)}, and it runs in a thread.`
}

function isExported(record: PluginRecord, given: unknown, threads: PluginThreads | undefined): boolean {
  try {
    return threads?.exportNameOf?.(record, given) !== undefined
  } catch {
    // Where it cannot be found out, the other line is as good; and whoever blocked must not fail for being told of.
    return false
  }
}
