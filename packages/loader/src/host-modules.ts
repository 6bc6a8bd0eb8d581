// The host's own modules, imported natively and once.
import type { Awaitable } from '@cf-plugins/plugin-api'
import type { ImportTarget } from './resolve.ts'

/** Always the host's own: a second copy would have classes of its own. */
export const PLUGIN_API: Readonly<Record<string, () => Promise<object>>> = {
  '@cf-plugins/plugin-api': () => import('@cf-plugins/plugin-api'),
}

type HostTarget = Extract<ImportTarget, { kind: 'host' }>

/** Remembers namespaces, so that a reload need not wait for `import()`. Node never lets go of them either. */
export class HostModules {
  readonly #loaded = new Map<string, object>()

  /** At once where it was loaded before. */
  load(target: HostTarget): Awaitable<object> {
    return this.#loaded.get(target.url) ?? this.#import(target)
  }

  loaded(url: string): object | undefined {
    return this.#loaded.get(url)
  }

  async #import({ url, load }: HostTarget): Promise<object> {
    const namespace = (await (load ? load() : import(url))) as object
    this.#loaded.set(url, namespace)
    return namespace
  }
}
