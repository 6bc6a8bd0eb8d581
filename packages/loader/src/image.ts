// A plugin's code as plain data, so that another thread evaluates what this one did, whatever became of the files.
import type { ModuleCode } from './module-code.ts'
import type { ImportTarget } from './resolve.ts'

/** What a specifier led to. */
export type ImageLink =
  | { readonly kind: 'own'; readonly file: string; readonly url: string }
  /** `isGiven`: the host has it by the name that is its `url`, and so must whoever evaluates the image. */
  | { readonly kind: 'host'; readonly url: string; readonly isGiven: boolean }

/** One of a plugin's own files as it was read. */
export interface ImageModule {
  /** Its real path. */
  readonly file: string
  /** Nothing where it is JSON. */
  readonly code: ModuleCode | undefined
  /** The text of a JSON file. */
  readonly json: string | undefined
  /** By specifier: what it imports and requires, as far as it has been looked for. */
  readonly links: ReadonlyMap<string, ImageLink>
}

/** The code of one generation of a plugin. Can be cloned; `loadImage` evaluates it. */
export interface PluginImage {
  readonly plugin: string
  readonly generation: number
  /** Absolute path of the entry file. */
  readonly file: string
  /** By URL: the entry, and each file of the plugin's own that was read for it until now. */
  readonly modules: ReadonlyMap<string, ImageModule>
  /** Where the files lie that are the plugin's own. */
  readonly folders: readonly string[]
  /** Where packages are looked for that the plugin does not have itself. */
  readonly hostUrl: string
  readonly followLinks: boolean
  /** Where compiled files are kept. */
  readonly cacheFolder: string | undefined
}

/** What a generation keeps of a file while its record is there: no instance of it, so that it holds nothing else. */
export interface KeptModule {
  readonly file: string
  readonly code: ModuleCode | undefined
  readonly json: string | undefined
  readonly links: Map<string, ImportTarget>
}

/** By URL. */
export type KeptModules = ReadonlyMap<string, KeptModule>

/** The part of an image that is the files. Strings are shared with what is kept, not copied. */
export function imageModules(kept: KeptModules): Map<string, ImageModule> {
  const modules = new Map<string, ImageModule>()
  for (const [url, { file, code, json, links }] of kept) {
    modules.set(url, { file, code, json, links: new Map([...links].map(([name, target]) => [name, linkOf(target)])) })
  }
  return modules
}

function linkOf(target: ImportTarget): ImageLink {
  if (target.kind === 'own') return target
  return { kind: 'host', url: target.url, isGiven: target.load !== undefined }
}
