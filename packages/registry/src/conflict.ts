// Makes the errors that say why a plugin cannot start.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { RegistryErrorCode } from './error-codes.ts'

/** One reason why a plugin cannot start, with the path in its metadata that is to blame. */
export function conflict(
  record: PluginRecord,
  code: RegistryErrorCode,
  path: string,
  message: string,
  cause?: PluginError,
): PluginError {
  const details = {
    plugin: record.meta.name,
    phase: 'resolve',
    file: record.source.file,
    generation: record.source.generation,
    issues: [{ path, message }],
  }
  return new PluginError(code, message, cause === undefined ? details : { ...details, cause })
}

/** The reasons as one error: the only one itself, or one that lists them all. */
export function combined(record: PluginRecord, reasons: readonly PluginError[]): PluginError {
  const [only, ...more] = reasons
  if (only !== undefined && more.length === 0) return only
  const code: RegistryErrorCode = 'CFP_PLUGIN_CONFLICTS'
  const { name } = record.meta
  const message = `Plugin "${name}" cannot start for ${reasons.length} reasons:\n${listed(reasons)}`
  const issues = reasons.flatMap((reason) => reason.issues ?? [])
  const { file, generation } = record.source
  return new PluginError(code, message, { plugin: name, phase: 'resolve', file, generation, issues })
}

/** One indented line a reason. */
export function listed(reasons: readonly PluginError[]): string {
  return reasons.map((reason) => `  - ${reason.message}`).join('\n')
}
