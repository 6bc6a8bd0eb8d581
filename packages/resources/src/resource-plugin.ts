// The base class for plugins whose business is resources.
import { join } from 'node:path'
import { BasePlugin } from '@cf-plugins/plugin-api'
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
  ResourceOptions,
  ResourcePutOptions,
  Resources,
} from './resource.ts'
import { ResourceManager, type ResourceManagerOptions } from './resource-manager.ts'

/**
 * A plugin that keeps resources of its own, over reloads and restarts. They are its own: it may always use them, and
 * others do through what it offers.
 *
 * @example
 * class Reports extends ResourcePlugin {
 *   override readonly resourceDir = 'data/reports'
 *   save(month: string, text: string) { return this.createResource(month, text, { metadata: { month } }) }
 * }
 */
export abstract class ResourcePlugin<
  App = unknown,
  Config = unknown,
  State = unknown,
  Shared = unknown,
> extends BasePlugin<App, Config, State, Shared> {
  /** The folder, from the working directory; read when the first resource is asked for. @default resources/<plugin> */
  readonly resourceDir: string | undefined = undefined
  /** Limits other than the usual ones. */
  readonly resourceLimits: Pick<ResourceManagerOptions, 'maxBytes' | 'timeoutMs'> = {}
  #resources: Resources | undefined

  /** Its resources, as this plugin may use them. */
  get resources(): Resources {
    this.#resources ??= this.#open()
    return this.#resources
  }

  createResource(name: string, content: ResourceContent, options?: ResourceCreateOptions): Promise<ResourceInfo> {
    return this.resources.create(name, content, options)
  }

  getResource(name: string, options?: ResourceOptions): Promise<Resource> {
    return this.resources.get(name, options)
  }

  listResources(options?: ResourceListOptions): Promise<ResourceList> {
    return this.resources.list(options)
  }

  /** Makes it, or changes the one that there is. */
  putResource(
    name: string,
    draft: ResourceDraft | ResourceDrafting,
    options?: ResourcePutOptions,
  ): Promise<ResourceInfo> {
    return this.resources.put(name, draft, options)
  }

  /** Metadata is merged into what is there; content, where there is some, replaces it. */
  updateResource(
    name: string,
    changes: ResourceChanges | ResourceEdit,
    options?: ResourceChangeOptions,
  ): Promise<ResourceInfo> {
    return this.resources.update(name, changes, options)
  }

  deleteResource(name: string, options?: ResourceChangeOptions): Promise<ResourceInfo> {
    return this.resources.delete(name, options)
  }

  #open(): Resources {
    const { context, resourceDir: folder = join('resources', this.name), resourceLimits } = this
    const manager = new ResourceManager({ ...resourceLimits, folder, name: this.name })
    // Released after `teardown`, whatever a subclass does there: what has begun is ended, and nothing more is taken.
    context.own(manager)
    return manager.as(context)
  }
}
