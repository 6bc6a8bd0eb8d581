// What one generation sees as the host's app, and the additions that it makes there.

import type { ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import type { AppScope, PluginHost } from './host.ts'

/** The host's app, or the host's scoped view of it: made when first read, its additions shown and hidden as a whole. */
export class AppView {
  readonly #host: PluginHost
  readonly #meta: ResolvedPluginMeta
  readonly #onError: (step: string, error: unknown) => void
  #scope: AppScope | undefined
  #additions: 'staged' | 'shown' | 'hidden' = 'staged'

  constructor(host: PluginHost, meta: ResolvedPluginMeta, onError: (step: string, error: unknown) => void) {
    this.#host = host
    this.#meta = meta
    this.#onError = onError
  }

  get view(): unknown {
    const { scopeApp, app } = this.#host
    if (!scopeApp) return app
    this.#scope ??= scopeApp(app, this.#meta)
    return this.#scope.view
  }

  show(): void {
    if (!this.#scope || this.#additions === 'shown') return
    this.#additions = 'shown'
    this.#run('commit')
  }

  hide(): void {
    if (!this.#scope || this.#additions === 'hidden') return
    this.#additions = 'hidden'
    this.#run('dispose')
  }

  #run(step: 'commit' | 'dispose'): void {
    try {
      this.#scope?.[step]()
    } catch (error) {
      this.#onError(step, error)
    }
  }
}
