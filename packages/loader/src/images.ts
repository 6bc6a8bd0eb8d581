// What a loader keeps of the records that it made, while they are there: their code, and what their entries export.
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { LoaderErrorCode } from './error-codes.ts'
import { imageModules, type KeptModules, type PluginImage } from './image.ts'

interface Loaded {
  /** What the entry file exports. */
  readonly namespace: object
  readonly kept: KeptModules
  readonly folders: ReadonlySet<string>
}

/** By record, weakly: what belongs to a generation goes when its record does. */
export class Images {
  readonly #loaded = new WeakMap<PluginRecord, Loaded>()
  readonly #host: Pick<PluginImage, 'hostUrl' | 'followLinks' | 'cacheFolder'>

  constructor(host: Pick<PluginImage, 'hostUrl' | 'followLinks' | 'cacheFolder'>) {
    this.#host = host
  }

  keep(record: PluginRecord, loaded: Loaded): void {
    this.#loaded.set(record, loaded)
  }

  /** @throws PluginError `CFP_IMAGE_MISSING` */
  imageOf(record: PluginRecord): PluginImage {
    const loaded = this.#loaded.get(record)
    const { file, generation } = record.source
    if (!loaded || file === undefined) throw missing(record)
    const modules = imageModules(loaded.kept)
    return { ...this.#host, plugin: record.meta.name, generation, file, modules, folders: [...loaded.folders] }
  }

  exportNameOf(record: PluginRecord, exported: unknown): string | undefined {
    const namespace = this.#loaded.get(record)?.namespace as Readonly<Record<string, unknown>> | undefined
    return namespace && Object.keys(namespace).find((name) => namespace[name] === exported)
  }
}

function missing({ meta, source }: PluginRecord): PluginError {
  const { name: plugin } = meta
  const { file, generation } = source
  const code: LoaderErrorCode = 'CFP_IMAGE_MISSING'
  const from = file === undefined ? 'it was added by value, and has no file' : 'this loader did not load it'
  const message = `The code of plugin "${plugin}" is not there for another thread: ${from}. Ask the loader that did, or put it into a file.`
  return new PluginError(code, message, { plugin, phase: 'load', file, generation })
}
