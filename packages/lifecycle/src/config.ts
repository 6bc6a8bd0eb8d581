// A plugin's configuration, checked by the schema that the plugin brought.
import {
  messageOf,
  PluginError,
  type PluginIssue,
  type PluginRecord,
  type StandardIssue,
  type StandardSchema,
} from '@cf-plugins/plugin-api'
import { shownFile, within } from '@cf-plugins/plugin-api/host'
import { chain } from './chain.ts'
import type { PluginHost } from './host.ts'
import type { ConfigPlace } from './raw-configs.ts'

/** What a host says of the check. */
type ConfigHost = Pick<PluginHost, 'bounds' | 'secrets' | 'configPlaceOf'>

/**
 * The validated configuration: what the schema makes of `raw`, or `raw` itself where the plugin has no schema. A
 * promise only where the schema validates asynchronously.
 *
 * @throws `CFP_CONFIG_INVALID` with every problem
 */
export function configFor(record: PluginRecord, raw: unknown, host: ConfigHost): unknown {
  const { config } = record.meta
  return config ? validated(config, record, raw ?? {}, host) : (raw ?? {})
}

function validated(
  schema: StandardSchema,
  { meta, source }: PluginRecord,
  raw: unknown,
  { secrets, configPlaceOf, bounds: { registerMs: boundMs } }: ConfigHost,
): unknown {
  const refuse = (found: readonly PluginIssue[], thrown?: unknown) => {
    // What a schema says of a value may well show it.
    const { issues, cause } = secrets?.value({ issues: found, cause: thrown }) ?? { issues: found, cause: thrown }
    const places = issues.map(({ path }) => configPlaceOf?.(meta.name, path === '' ? [] : path.split('.')))
    const list = issues.map(({ path, message }, at) => {
      const place = shownPlace(places[at])
      return `${place}${path === '' ? meta.name : `${meta.name}.${path}`}: ${message}`
    })
    const [place = { file: source.file }] = places
    return new PluginError(
      'CFP_CONFIG_INVALID',
      `The configuration of plugin "${meta.name}" does not match its schema: ${list.join('; ')}.`,
      { plugin: meta.name, ...place, generation: source.generation, phase: 'validate', issues, cause },
    )
  }
  const failed = (error: unknown): never => {
    throw error instanceof PluginError
      ? error
      : refuse([{ path: '', message: `the schema threw: ${messageOf(error)}` }], error)
  }
  try {
    const result = within(schema['~standard'].validate(raw), {
      ms: boundMs,
      late: () => refuse([{ path: '', message: `the schema did not answer within ${boundMs} ms` }]),
    })
    const read = chain(result, (answer) => {
      if (answer.issues) throw refuse(answer.issues.map(toIssue))
      return answer.value
    })
    return read instanceof Promise ? read.catch(failed) : read
  } catch (error) {
    return failed(error)
  }
}

function shownPlace(place: ConfigPlace | undefined): string {
  if (!place) return ''
  return `${[shownFile(place.file), place.line, place.column].filter((part) => part !== undefined).join(':')} `
}

function toIssue({ message, path = [] }: StandardIssue): PluginIssue {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return { path: keys.join('.'), message }
}
