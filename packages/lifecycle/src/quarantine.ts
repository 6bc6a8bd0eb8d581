// Switching off who cannot be borne: it left too many errors to nobody, or its threads keep ending.
import { messageOf, type PluginError } from '@cf-plugins/plugin-api'
import { audit } from '@cf-plugins/plugin-api/host'
import type { LifecycleCore } from './core.ts'

/** Switches a plugin off, when its turn comes, if that is due then still. */
export type SwitchOff = (plugin: string, isDue: () => boolean) => Promise<void>

/** Keeps who was switched off so, until their code is replaced or somebody enables them. */
export class Quarantine {
  readonly #core: LifecycleCore
  readonly #switchOff: SwitchOff
  /** Who was switched off, and what had been wished for it before. */
  readonly #wishes = new Map<string, boolean | undefined>()
  readonly #switching = new Set<string>()

  constructor(core: LifecycleCore, switchOff: SwitchOff) {
    this.#core = core
    this.#switchOff = switchOff
  }

  /**
   * Switches a plugin off for `error`, as long as that instance of it serves, and tells it. Whether it did; never rejects.
   *
   * @param number which instance it is
   */
  async add(plugin: string, number: number, error: PluginError): Promise<boolean> {
    if (this.#switching.has(plugin)) return false
    const { roster, host } = this.#core
    const isDue = () => {
      const slot = roster.find(plugin)
      return slot?.state === 'active' && slot.serving?.number === number
    }
    let wish: boolean | undefined
    this.#switching.add(plugin)
    try {
      await this.#switchOff(plugin, () => {
        wish = roster.find(plugin)?.wanted
        return isDue()
      })
      const slot = roster.find(plugin)
      if (slot?.state !== 'disabled' || slot.serving?.number !== number) return false
      this.#wishes.set(plugin, wish)
      roster.move(slot, 'disabled', error)
      host.logger.error({ err: error }, error.message)
      audit({ host: host.id, action: 'quarantine', outcome: 'failed', plugin, reason: error.message })
      return true
    } catch (failure) {
      host.logger.error({ err: failure }, messageOf(failure))
      return false
    } finally {
      this.#switching.delete(plugin)
    }
  }

  /** New code begins anew: it is wished for as the old one was before that was switched off. */
  forgive(plugins: readonly string[]): void {
    for (const plugin of plugins) {
      const slot = this.#core.roster.find(plugin)
      if (slot && this.#wishes.has(plugin)) slot.wanted = this.#wishes.get(plugin)
      this.#wishes.delete(plugin)
    }
  }
}
