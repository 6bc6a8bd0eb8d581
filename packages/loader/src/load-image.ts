// Evaluates a plugin's code from an image of it: in a thread, or wherever its files are not to be read.

import { Compiler } from './compile.ts'
import { CompileCache } from './compile-cache.ts'
import { Generation } from './generation.ts'
import { HostModules, PLUGIN_API } from './host-modules.ts'
import type { ImageModule, PluginImage } from './image.ts'
import { loadError } from './load-error.ts'
import { hostUrlOf } from './loader-options.ts'
import type { LoaderParts, ReadFiles } from './module-graph.ts'
import { type Importer, type ImportTarget, Resolver } from './resolve.ts'

/** What `loadImage` needs besides the image. */
export interface LoadImageOptions {
  /** Modules that the plugin imports by name and this thread supplies. `@cf-plugins/plugin-api` is among them anyway. */
  readonly hostModules?: Readonly<Record<string, () => Promise<object>>>
  /** Where packages are looked for that the plugin does not have itself. @default as in the host that the image is from */
  readonly hostUrl?: string | URL
}

/**
 * Evaluates the files of an image as they were when their plugin was loaded, and gives what its entry exports. Files of
 * the plugin's own that are not in it, for nobody had imported them yet, are read when they are asked for.
 *
 * @throws PluginError as `PluginLoader.load` does
 */
export async function loadImage(image: PluginImage, options: LoadImageOptions = {}): Promise<object> {
  const { file, plugin, generation: number, modules, folders, followLinks, cacheFolder } = image
  const compiler = new Compiler(cacheFolder === undefined ? undefined : new CompileCache(cacheFolder, file))
  const parts: LoaderParts = {
    compiler,
    resolver: new Resolver({
      followLinks,
      hostUrl: hostUrlOf(options.hostUrl ?? image.hostUrl),
      hostModules: { ...PLUGIN_API, ...options.hostModules },
      linkOf: linksIn(modules),
    }),
    hostModules: new HostModules(),
    given: modules,
  }
  const read: ReadFiles = { files: new Set(), tried: new Set(), folders: new Set(folders), onRead: undefined }
  const generation = new Generation(parts, file, read)
  try {
    const entry = await generation.prepare()
    await generation.run(entry)
    return entry.namespace
  } catch (error) {
    throw loadError(error, { file, generation: number, plugin, mappingsOf: (url) => compiler.mappingsOf(url) })
  }
}

function linksIn(modules: ReadonlyMap<string, ImageModule>) {
  return ({ url }: Importer, specifier: string): ImportTarget | undefined => {
    const link = modules.get(url)?.links.get(specifier)
    // What the host gives by name and this thread does not is looked for as a package.
    return link?.kind === 'host' && link.isGiven ? undefined : link
  }
}
