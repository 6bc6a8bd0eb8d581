// The resources of a store as one who acts on them has them: the host, or a plugin, which is asked what it may use.
import type { PluginContext, PluginError } from '@cf-plugins/plugin-api'
import { accessOf, audit } from '@cf-plugins/plugin-api/host'
import type {
  Resource,
  ResourceChangeOptions,
  ResourceChanges,
  ResourceContent,
  ResourceCreateOptions,
  ResourceDraft,
  ResourceDrafting,
  ResourceEdit,
  ResourceInfo,
  ResourceList,
  ResourceListOptions,
  ResourceMakerOptions,
  ResourceOptions,
  ResourcePutOptions,
  Resources,
} from './resource.ts'
import { resourceError } from './resource-error.ts'
import { type DataChange, DataCreated, DataDeleted, DataUpdated } from './resource-events.ts'
import { checkedName } from './resource-name.ts'
import type { ResourceStore } from './resource-store.ts'

/** How often a put looks again, where what it is about comes and goes. */
const PUT_ATTEMPTS = 10

/** What of a plugin's context resources need. */
export type ResourceContext = Pick<PluginContext, 'name' | 'logger' | 'publish'>

/** Who acts. */
export interface Actor {
  /** The plugin's name; nothing where it is the host. */
  readonly plugin: string | undefined
  /** @throws `CFP_ACCESS_DENIED` */
  allow(name: string): void
  may(name: string): boolean
  /** Told of what is done. Must not throw. */
  changed(change: DataChange): void
}

export class ActingResources implements Resources {
  readonly #store: ResourceStore
  readonly #owner: string
  readonly #actor: Actor

  constructor(store: ResourceStore, owner: string, actor: Actor) {
    this.#store = store
    this.#owner = owner
    this.#actor = actor
  }

  async create(name: string, content: ResourceContent, options: ResourceCreateOptions = {}): Promise<ResourceInfo> {
    return this.#told('created', await this.#store.create(this.#allowed(name), content, options), options)
  }

  async get(name: string, options: ResourceOptions = {}): Promise<Resource> {
    const resource = await this.find(name, options)
    if (resource) return resource
    const message = `There is no resource "${name}". Check the name, create it first, or ask with find().`
    throw resourceError('CFP_RESOURCE_UNKNOWN', message, { phase: 'getResource' })
  }

  async find(name: string, options: ResourceOptions = {}): Promise<Resource | undefined> {
    return this.#store.find(this.#allowed(name), options)
  }

  async list(options: ResourceListOptions = {}): Promise<ResourceList> {
    return this.#store.list(options, (name) => this.#actor.may(name))
  }

  async put(
    name: string,
    draft: ResourceDraft | ResourceDrafting,
    options: ResourcePutOptions = {},
  ): Promise<ResourceInfo> {
    let own: unknown
    const drafting = async (current: Resource | undefined) => {
      try {
        return typeof draft === 'function' ? await draft(current) : draft
      } catch (error) {
        own = error
        throw error
      }
    }
    const isOther = (error: unknown, code: string) => error === own || (error as PluginError).code !== code
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.update(name, drafting, options)
      } catch (error) {
        if (isOther(error, 'CFP_RESOURCE_UNKNOWN')) throw error
      }
      const { content, metadata = {} } = await drafting(undefined)
      try {
        return await this.create(name, content, { ...options, metadata })
      } catch (error) {
        // Somebody was faster; or it is there in other letters, and stays so.
        if (isOther(error, 'CFP_RESOURCE_EXISTS') || attempt === PUT_ATTEMPTS) throw error
      }
    }
  }

  async update(
    name: string,
    changes: ResourceChanges | ResourceEdit,
    options: ResourceChangeOptions = {},
  ): Promise<ResourceInfo> {
    return this.#told('updated', await this.#store.update(this.#allowed(name), changes, options), options)
  }

  async delete(name: string, options: ResourceChangeOptions = {}): Promise<ResourceInfo> {
    return this.#told('deleted', await this.#store.delete(this.#allowed(name), options), options)
  }

  /** The name is checked first: what an audit trail gets of it is harmless then. */
  #allowed(name: string): string {
    this.#actor.allow(checkedName(name))
    return name
  }

  #told(action: DataChange['action'], info: ResourceInfo, { by }: ResourceMakerOptions): ResourceInfo {
    const { plugin } = this.#actor
    this.#actor.changed({ action, plugin, ...(by !== undefined && { by }), owner: this.#owner, ...info })
    return info
  }
}

/** The host: it may do all, and says itself what becomes of the news. */
export function hostActor(onChange: (change: DataChange) => void): Actor {
  return { plugin: undefined, allow: () => {}, may: () => true, changed: onChange }
}

/** A plugin, by its context. */
export function pluginActor(context: ResourceContext, owner: string, onChange: (change: DataChange) => void): Actor {
  const access = accessOf(context)
  const { name: plugin, logger } = context
  const events = { created: DataCreated, updated: DataUpdated, deleted: DataDeleted }
  const actions = { created: 'create', updated: 'update', deleted: 'delete' }
  return {
    plugin,
    allow: (name) => access.allow('resource', `${owner}/${name}`),
    may: (name) => access.may('resource', `${owner}/${name}`),
    changed: (change) => {
      const { action, name, by } = change
      const subject = `${owner}/${name}`
      if (access.host !== undefined)
        audit({ host: access.host, action: `resource.${actions[action]}`, outcome: 'done', plugin, by, subject })
      onChange(change)
      try {
        context.publish(events[action], change)
      } catch (error) {
        // It is on the disk, whoever hears of it: a plugin may not emit, or is being torn down.
        const { code } = error as PluginError
        logger.warn({ err: error, code }, `${events[action].name} of "${subject}" was not published`)
      }
    },
  }
}
