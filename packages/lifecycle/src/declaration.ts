// The line that a plugin's author adds, and where, in the form in which the plugin is written.
import type { PluginDependency, PluginRecord } from '@cf-plugins/plugin-api'
import { metaPlace } from './meta-place.ts'

/** A list of the metadata that something is added to. */
export type DeclaredList =
  | 'dependencies'
  | 'optionalDependencies'
  | 'requires'
  | 'collects'
  | 'provides'
  | 'permissions'

/** How a class takes a service of a list without any line in its metadata. */
const INJECTED: Partial<Record<DeclaredList, string>> = {
  requires: '',
  dependencies: '',
  optionalDependencies: ', { optional: true }',
  collects: ', { all: true }',
}

/** As in `Write requires: ['cache', 'db'] in PLUGIN_META.` */
export function toDeclare(record: PluginRecord, list: DeclaredList, name: string): string {
  const { meta, form } = record
  const line = `${list}: ${listed([...(meta[list] ?? []), name])}`
  const injected = form === 'class' ? INJECTED[list] : undefined
  return `Write ${line} in ${metaPlace(record)}${injected === undefined ? '' : `, or take it by @inject('${name}'${injected})`}.`
}

function listed(items: readonly (PluginDependency | string)[]): string {
  const ranges = items.map((each) => (typeof each === 'string' ? { name: each, range: '*' } : each))
  if (ranges.every(({ range }) => range === '*')) return `[${ranges.map(({ name }) => `'${name}'`).join(', ')}]`
  const key = (name: string) => (/^[a-z_]\w*$/.test(name) ? name : `'${name}'`)
  return `{ ${ranges.map(({ name, range }) => `${key(name)}: '${range}'`).join(', ')} }`
}
