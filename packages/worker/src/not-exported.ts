// What somebody is told whose handler cannot run in a thread alone.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import { type OffloadedTask, shownFile } from '@cf-plugins/plugin-api/host'

/** Where the line that moves the whole plugin belongs. */
const WHERE = { module: 'in PLUGIN_META', definition: 'in definePlugin', class: 'in @plugin' }

/** The error of a function that is no export of its plugin's entry file. */
export function notExported({ meta, source, form }: PluginRecord, { run, kind, name }: OffloadedTask): PluginError {
  const { file } = source
  const what = `${kind === 'step' ? 'step of' : 'handler of'} "${name}"`
  const called = run.name === '' ? '' : `, ${run.name},`
  return new PluginError(
    'CFP_OFFLOAD_NOT_EXPORTED',
    `Plugin "${meta.name}": its ${what}${called} is no function that ${file === undefined ? 'its entry file' : shownFile(file)} exports, and a thread cannot see what it closes over. Export it, or write execution: 'worker' ${WHERE[form ?? 'module']}.`,
    { plugin: meta.name, phase: 'register', file },
  )
}
