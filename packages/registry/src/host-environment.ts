// What plugins run on: checked against their `engines` and `platforms`, which no other plugin can change.
import { PLUGIN_API_VERSION, type PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { conflict } from './conflict.ts'
import type { SemverRanges } from './semver-ranges.ts'

/** What plugins run on. */
export interface HostEnvironment {
  /** Version of the host application; `engines.host` is not checked without it. */
  readonly hostVersion: string | undefined
  readonly nodeVersion: string
  /** A value of `process.platform`. */
  readonly platform: string
  readonly ranges: SemverRanges
  /** Of the services that several plugins provide, whom the host chose. */
  readonly providers: ReadonlyMap<string, string>
}

const NONE: readonly PluginError[] = []

const ENGINES = ['api', 'host', 'node'] as const

/** Why this plugin cannot run in this process, whatever other plugins there are. Empty where it can. */
export function environmentConflicts(record: PluginRecord, environment: HostEnvironment): readonly PluginError[] {
  const { engines } = record.meta
  if (
    engines.api === undefined &&
    engines.host === undefined &&
    engines.node === undefined &&
    record.meta.platforms.length === 0
  )
    return NONE
  const found: PluginError[] = []
  for (const engine of ENGINES) {
    const range = record.meta.engines[engine]
    if (range === undefined) continue
    const { label, version } = engineOf(engine, environment)
    const path = `engines.${engine}`
    if (!environment.ranges.isRange(range)) found.push(invalidRange(record, path, range))
    else if (version !== undefined && !environment.ranges.has(range, version)) {
      const message = `Plugin "${record.meta.name}" needs ${label} ${range}; this is ${version}. Update the plugin or ${label}.`
      found.push(conflict(record, 'CFP_ENGINE_MISMATCH', path, message))
    }
  }
  const { platforms, name } = record.meta
  if (platforms.length > 0 && !platforms.includes(environment.platform)) {
    const message = `Plugin "${name}" does not run on ${environment.platform}, only on ${platforms.join(', ')}. Disable it here.`
    found.push(conflict(record, 'CFP_PLATFORM_MISMATCH', 'platforms', message))
  }
  return found
}

/** The conflict of a range that is not semver, with the path at which its author wrote it. */
export function invalidRange(record: PluginRecord, path: string, range: string): PluginError {
  const message = `Plugin "${record.meta.name}" has "${range}" at ${path}, which is not a semver range. Write one such as ^2.0.0.`
  return conflict(record, 'CFP_RANGE_INVALID', path, message)
}

function engineOf(engine: (typeof ENGINES)[number], environment: HostEnvironment) {
  switch (engine) {
    case 'api':
      return { label: 'the plugin API', version: PLUGIN_API_VERSION }
    case 'host':
      return { label: 'the host', version: environment.hostVersion }
    case 'node':
      return { label: 'Node.js', version: environment.nodeVersion }
  }
}
