// The instance of a plugin in a thread: what of it outlives a thread that ends.
import type { PluginInstance } from '@cf-plugins/plugin-api'
import type { ThreadedPlugin } from '@cf-plugins/plugin-api/host'
import type { CrossedService, InstanceShape } from './context-ops.ts'
import { LastingService } from './lasting-service.ts'
import type { LastingThread } from './lasting-thread.ts'
import type { PluginThread } from './plugin-thread.ts'
import { hookCall, type PlainHook, standIn } from './stand-in.ts'

export class RemoteInstance {
  readonly #thread: LastingThread
  readonly #plugin: ThreadedPlugin
  #hooks: InstanceShape['hooks'] = []
  #instance: PluginInstance | undefined
  /** What it offers, as others have it. */
  #offered: { readonly lasting?: LastingService; readonly value: unknown } | undefined
  /** What it was given of state, or gave. */
  #state: { readonly value: unknown } | undefined
  #isSwitchedOff = false

  constructor(thread: LastingThread, plugin: ThreadedPlugin) {
    this.#thread = thread
    this.#plugin = plugin
  }

  /** Makes what stands for it. */
  become(shape: InstanceShape): PluginInstance {
    this.#hooks = shape.hooks
    const calls = {
      setup: () => this.#setUp(),
      hook: (name: PlainHook, args: readonly unknown[]) => this.#hook(name, args),
      service: () => this.#offered?.value,
    }
    this.#instance = standIn(shape, calls, this.#thread)
    if (!this.#has('setup')) this.#isSetUp(shape.service)
    return this.#instance
  }

  /** Gives the instance in a thread that takes another's place what that had. */
  async restore(thread: PluginThread, { service, hooks }: InstanceShape): Promise<void> {
    this.#offer(service)
    if (!this.#state || !hooks.includes('setReloadState')) return
    await thread.ask('hook', ['setReloadState', [this.#state.value]], hookCall('setReloadState', this.#plugin))
  }

  /** Its threads kept ending: whoever enables it, has another thread tried. */
  switchOff(): void {
    this.#isSwitchedOff = true
    const instance = this.#instance
    if (!instance || this.#has('onEnable')) return
    instance.onEnable = async () => {
      Reflect.deleteProperty(instance, 'onEnable')
      await this.#mend()
    }
  }

  async #setUp(): Promise<void> {
    const { service } = await this.#thread.call('setup', () => [], hookCall('setup', this.#plugin))
    this.#isSetUp(service)
  }

  async #hook(name: PlainHook, args: readonly unknown[]): Promise<unknown> {
    // What a thread that has ended had to close, went with it.
    if (name === 'teardown' && !this.#thread.isThere) return undefined
    if (this.#isSwitchedOff) {
      if (name === 'onDisable') return undefined
      if (name === 'getReloadState') return this.#state?.value
      if (name === 'onEnable') await this.#mend()
    }
    const call = { ...hookCall(name, this.#plugin), isIdempotent: name === 'getReloadState' }
    const result = await this.#thread
      .call('hook', () => [name, args], call)
      .catch((error) => {
        // A save must heal it, with the state that is left.
        if (name === 'getReloadState' && this.#isSwitchedOff) return this.#state?.value
        throw error
      })
    if (name === 'getReloadState') this.#state = { value: result }
    else if (name === 'setReloadState') this.#state = { value: args[0] }
    return result
  }

  async #mend(): Promise<void> {
    await this.#thread.mend()
    this.#isSwitchedOff = false
  }

  #isSetUp(service: CrossedService | undefined): void {
    this.#offer(service)
    this.#thread.isSetUp()
  }

  #offer(service: CrossedService | undefined): void {
    if (service && 'shape' in service) {
      const { shape } = service
      // Who has it already, keeps it.
      if (this.#offered?.lasting) this.#offered.lasting.renew(shape)
      else {
        const lasting = new LastingService('its service', shape, this.#thread)
        this.#offered = { lasting, value: lasting.stub }
      }
    } else this.#offered = service
  }

  #has(hook: InstanceShape['hooks'][number]): boolean {
    return this.#hooks.includes(hook)
  }
}
