// What each thread imports to evaluate a plugin's code: nothing of the house comes with it but what the plugin asks for.
import { loadImage, type PluginImage } from '@cf-plugins/loader'
import { hostModules } from './host-modules.ts'

/** Gives what a plugin's entry file exports. @throws PluginError as `PluginLoader.load` does */
export function load(image: PluginImage): Promise<object> {
  // Here, unlike in the host, nothing of the index has been imported, and the plugin's copy may be the thread's only one.
  return loadImage(image, { hostModules: { ...hostModules({}), 'cf-plugins': () => import('cf-plugins') } })
}
