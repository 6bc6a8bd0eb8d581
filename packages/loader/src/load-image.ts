// Evaluates a plugin's code from an image of it: in a thread, or wherever its files are not to be read.
import type { PluginImage } from './image.ts'

/** What `loadImage` needs besides the image. */
export interface LoadImageOptions {
  /** Modules that the plugin imports by name and this thread supplies. `@cf-plugins/plugin-api` is among them anyway. */
  readonly hostModules?: Readonly<Record<string, () => Promise<object>>>
  /** Where packages are looked for that the plugin does not have itself. @default as in the host that the image is from */
  readonly hostUrl?: string | URL
}

/**
 * Evaluates the files of an image as they were when their plugin was loaded, and gives what its entry exports.
 * @throws PluginError as `PluginLoader.load` does
 */
export async function loadImage(_image: PluginImage, _options: LoadImageOptions = {}): Promise<object> {
  throw new Error('not yet')
}
