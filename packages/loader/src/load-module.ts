// Evaluates one file with all that it imports of its own folder, without any plugin in it.
import { dirname, resolve } from 'node:path'
import type { PluginLoaderOptions } from './loader-options.ts'
import { PluginLoader } from './plugin-loader.ts'

/** What a file exports, and the files that were read for it. */
export interface LoadedModule {
  readonly namespace: object
  readonly files: readonly string[]
}

/**
 * Evaluates a file and the files of its folder that it imports: a fresh generation each time, as for a plugin.
 * @throws PluginError as `PluginLoader.load` does
 */
export async function loadModule(
  file: string,
  options: Omit<PluginLoaderOptions, 'paths'> & { readonly signal?: AbortSignal } = {},
): Promise<LoadedModule> {
  const { signal, ...rest } = options
  const path = resolve(file)
  const folder = dirname(path)
  const loader = new PluginLoader({ cacheFolder: false, env: {}, ...rest, paths: [folder] })
  return loader.evaluate({ file: path, root: folder, base: folder }, { signal })
}
