// Where the author of a plugin writes its metadata.
import type { PluginRecord } from '@cf-plugins/plugin-api'

const PLACES = { module: 'PLUGIN_META', definition: 'definePlugin({ ... })', class: '@plugin({ ... })' }

/** As at the end of `Write dependencies: ['cache'] in PLUGIN_META`. */
export function metaPlace({ form }: Pick<PluginRecord, 'form'>): string {
  return form ? PLACES[form] : 'its metadata'
}
