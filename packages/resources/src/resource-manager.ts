// Named resources under one folder, for a host and, as it lets them, for its plugins.
import { messageOf } from '@cf-plugins/plugin-api'
import { ActingResources, hostActor, pluginActor, type ResourceContext } from './acting.ts'
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
import { resourceError } from './resource-error.ts'
import type { DataChange } from './resource-events.ts'
import { checkedName } from './resource-name.ts'
import { ResourceStore } from './resource-store.ts'

export interface ResourceManagerOptions {
  /** Where resources are kept, from the working directory; made, with mode 0700, where it is not there. */
  readonly folder: string
  /** What permissions and events call them: `resource:<name>/<resource>`. @default 'resources' */
  readonly name?: string
  /** The most bytes of a resource's content. @default 10 MiB */
  readonly maxBytes?: number
  /** How long an operation may take, in milliseconds. @default 10000 */
  readonly timeoutMs?: number
  /** Told of each change that is made through this manager, after it is on the disk. What it throws is a process warning. */
  readonly onChange?: (change: DataChange) => void
}

/**
 * Keeps named resources, content with metadata, in one folder that no name leads out of. Others may change them at the
 * same time, in this process or another one; nobody sees half of a change, and none is lost.
 *
 * @example
 * const documents = new ResourceManager({ folder: 'data/documents' })
 * await documents.create('reports/march', '# March', { metadata: { author: 'Ada' } })
 * await documents.update('reports/march', { metadata: { reviewed: true } })
 */
export class ResourceManager implements Resources, AsyncDisposable {
  /** What permissions and events call its resources. */
  readonly name: string
  readonly #store: ResourceStore
  readonly #host: Resources
  readonly #onChange: (change: DataChange) => void

  /** @throws `CFP_RESOURCE_ARGUMENT`, `CFP_RESOURCE_NAME` */
  constructor(options: ResourceManagerOptions) {
    const { folder, name = 'resources', maxBytes = 10 * 1024 * 1024, timeoutMs = 10_000, onChange } = options
    if (typeof folder !== 'string' || folder === '' || folder.includes('\0'))
      throw resourceError('CFP_RESOURCE_ARGUMENT', 'folder must be the path of a folder.')
    if (!(Number.isSafeInteger(maxBytes) && maxBytes > 0))
      throw resourceError('CFP_RESOURCE_ARGUMENT', 'maxBytes must be a whole number over 0.')
    this.name = checkedName(name)
    this.#store = new ResourceStore({ folder, maxBytes, timeoutMs })
    this.#onChange = (change) => callSafely(onChange, change)
    this.#host = new ActingResources(this.#store, this.name, hostActor(this.#onChange))
  }

  /** The folder's absolute path. */
  get folder(): string {
    return this.#store.folder
  }

  /**
   * The same resources for a plugin: each operation is checked against its permissions, told to the audit trail, and
   * published as `data.created`, `data.updated` or `data.deleted` in its name.
   */
  as(context: ResourceContext): Resources {
    return new ActingResources(this.#store, this.name, pluginActor(context, this.name, this.#onChange))
  }

  create(name: string, content: ResourceContent, options?: ResourceCreateOptions): Promise<ResourceInfo> {
    return this.#host.create(name, content, options)
  }

  get(name: string, options?: ResourceOptions): Promise<Resource> {
    return this.#host.get(name, options)
  }

  find(name: string, options?: ResourceOptions): Promise<Resource | undefined> {
    return this.#host.find(name, options)
  }

  list(options?: ResourceListOptions): Promise<ResourceList> {
    return this.#host.list(options)
  }

  put(name: string, draft: ResourceDraft | ResourceDrafting, options?: ResourcePutOptions): Promise<ResourceInfo> {
    return this.#host.put(name, draft, options)
  }

  update(
    name: string,
    changes: ResourceChanges | ResourceEdit,
    options?: ResourceChangeOptions,
  ): Promise<ResourceInfo> {
    return this.#host.update(name, changes, options)
  }

  delete(name: string, options?: ResourceChangeOptions): Promise<ResourceInfo> {
    return this.#host.delete(name, options)
  }

  /** Takes nothing more, and resolves when what has begun has ended; after `timeoutMs` at the latest. @default 5000 */
  async close({ timeoutMs = 5000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#store.close(timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function callSafely(onChange: ((change: DataChange) => void) | undefined, change: DataChange): void {
  try {
    onChange?.(change)
  } catch (error) {
    process.emitWarning(`onChange of a ResourceManager threw: ${messageOf(error)}`)
  }
}
