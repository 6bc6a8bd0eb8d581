// What each thread imports to evaluate a plugin's code: of the house it has no more than what the plugin asks for.
import { loadImage, type PluginImage } from '@cf-plugins/loader'
import * as pluginApi from '@cf-plugins/plugin-api'
import { hostModules } from './host-modules.ts'

/** Gives what a plugin's entry file exports. @throws PluginError as `PluginLoader.load` does */
export function load(image: PluginImage): Promise<object> {
  // The whole house takes a thread as long again as its own start, and most plugins want `definePlugin` of it.
  const isEnough = asksOnlyFor(new Set(Object.keys(pluginApi)), image)
  const own = async (): Promise<object> => (isEnough ? pluginApi : import('cf-plugins'))
  return loadImage(image, { hostModules: { ...hostModules({}), 'cf-plugins': own } })
}

/** Whether these names are all that the plugin can ever take from `cf-plugins`: it must not import anything later, either. */
function asksOnlyFor(names: ReadonlySet<string>, { modules }: PluginImage): boolean {
  for (const { code } of modules.values()) {
    if (!code) continue
    if (code.kind === 'commonjs' || code.usesImport) return false
    const request = code.requests.findIndex(({ specifier }) => specifier === 'cf-plugins')
    const taken = [...code.imported, ...code.indirect, ...code.stars].filter((each) => each.request === request)
    if (taken.some(({ name }) => !names.has(name))) return false
  }
  return true
}
