// What everything that starts threads has from the host.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { safeLogger } from '@cf-plugins/plugin-api/host'
import { entryFiles } from './entry-files.ts'
import type { FileAccess, PluginThreadsOptions } from './options.ts'
import type { PluginThreadParts } from './remote-plugin.ts'
import { type ThreadSettings, threadSettings } from './thread-settings.ts'
import type { WorkerThread } from './worker-thread.ts'

/** What the threads of a host share. */
export interface ThreadParts extends PluginThreadParts, Omit<ThreadSettings, 'restrict'> {
  exportNameOf(record: PluginRecord, exported: unknown): string | undefined
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * @param watch told of each thread of a whole plugin that is started
 * @throws `CFP_WORKER_OPTIONS` naming the option
 */
export function threadParts(
  options: PluginThreadsOptions,
  watch: (thread: WorkerThread, plugin: string) => void,
): ThreadParts {
  const { restrict, ...settings } = threadSettings(options)
  const { code = entryFiles, logger } = options
  return {
    ...settings,
    watch,
    logger: logger === undefined ? SILENT : safeLogger(logger),
    codeOf: (record) => {
      checkHasFile(record)
      return code.codeOf(record)
    },
    exportNameOf: (record, exported) => {
      checkHasFile(record)
      return code.exportNameOf(record, exported)
    },
    restrictionOf: ({ meta }) => restrictionOf(restrict, meta.name),
  }
}

function checkHasFile({ meta, source }: PluginRecord): void {
  if (source.file !== undefined) return
  throw new PluginError(
    'CFP_WORKER_NO_FILE',
    `Plugin "${meta.name}" cannot run in a thread, for it was added by value: a thread has its code from a file. Put it into a file in a folder of plugins.`,
    { plugin: meta.name, phase: 'register' },
  )
}

/** What the host allows all plugins, and what it allows this one. */
function restrictionOf(restrict: ThreadSettings['restrict'], plugin: string): FileAccess | undefined {
  if (typeof restrict === 'boolean') return restrict ? {} : undefined
  const own = restrict.plugins?.[plugin]
  return {
    read: [...(restrict.read ?? []), ...(own?.read ?? [])],
    write: [...(restrict.write ?? []), ...(own?.write ?? [])],
  }
}
