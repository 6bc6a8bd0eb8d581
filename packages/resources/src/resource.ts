// What a resource is, and what can be done with resources.
import type { Awaitable } from '@cf-plugins/plugin-api'

/** Plain JSON data. */
export type ResourceJson =
  | string
  | number
  | boolean
  | null
  | readonly ResourceJson[]
  | { readonly [key: string]: ResourceJson }

/** What is known of a resource besides its content. */
export type ResourceMetadata = { readonly [key: string]: ResourceJson }

/** Text, bytes, or a plain object or array, which is kept as JSON. */
export type ResourceContent = string | Uint8Array | object

/** A resource without its content. */
export interface ResourceInfo {
  readonly name: string
  readonly metadata: ResourceMetadata
  /** Another one after each change, and never the same again: `3-9f2c04b1e6a7`. */
  readonly revision: string
  readonly kind: 'text' | 'bytes' | 'json'
  /** Of the content, in bytes. */
  readonly size: number
  /** As ISO 8601. */
  readonly createdAt: string
  /** As ISO 8601. */
  readonly updatedAt: string
}

/** A resource, whole. Metadata and content are of one revision. */
export type Resource =
  | (ResourceInfo & { readonly kind: 'text'; readonly content: string })
  | (ResourceInfo & { readonly kind: 'bytes'; readonly content: Uint8Array })
  | (ResourceInfo & { readonly kind: 'json'; readonly content: ResourceJson })

/** How long an operation may take. */
export interface ResourceOptions {
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined
  /** @default the manager's, 10000 */
  readonly timeoutMs?: number
}

/** For whom something is changed. */
export interface ResourceMakerOptions {
  /** The user who asked: the audit trail has it, and whoever hears of the change. */
  readonly by?: string | undefined
}

export interface ResourceCreateOptions extends ResourceOptions, ResourceMakerOptions {
  /** Plain JSON data. @default none */
  readonly metadata?: object
}

/** What of a resource is to be another. */
export interface ResourceChanges {
  /** @default as it is */
  readonly content?: ResourceContent
  /** Laid over what is there, key by key; a key whose value is `undefined` is taken away. */
  readonly metadata?: object
}

/** For a change that goes by what is there; called again with what is there then, where somebody else was faster. */
export type ResourceEdit = (current: Resource) => Awaitable<ResourceChanges>

/** What a resource is to be, whether or not there is one. */
export interface ResourceDraft {
  readonly content: ResourceContent
  /** Laid over what is there. */
  readonly metadata?: object
}

/** For a resource that goes by what is there, or by that there is none; called again where somebody else was faster. */
export type ResourceDrafting = (current: Resource | undefined) => Awaitable<ResourceDraft>

/** How a resource is put. */
export interface ResourcePutOptions extends ResourceOptions, ResourceMakerOptions {}

export interface ResourceChangeOptions extends ResourceOptions, ResourceMakerOptions {
  /** Refuses the change where the resource has another revision. @default whichever it has */
  readonly ifRevision?: string
}

export interface ResourceListOptions extends ResourceOptions {
  /** What names begin with. */
  readonly prefix?: string
  /** Metadata that they have, among other: the same values at these keys. */
  readonly metadata?: object
  /** The name after which to begin: the `next` of the list before. */
  readonly after?: string
  /** The most to give, from 1 to 1000. @default 100 */
  readonly limit?: number
}

/** Some resources, by name. */
export interface ResourceList {
  readonly resources: readonly ResourceInfo[]
  /** To be given as `after` for those that come next; nothing where there are none. */
  readonly next?: string
  /** Names of those met on the way whose files are damaged. */
  readonly damaged: readonly string[]
}

/** What can be done with resources. Every method checks the name and throws a `PluginError`. */
export interface Resources {
  /** @throws `CFP_RESOURCE_EXISTS`, `CFP_RESOURCE_CONTENT`, `CFP_RESOURCE_TOO_LARGE` */
  create(name: string, content: ResourceContent, options?: ResourceCreateOptions): Promise<ResourceInfo>
  /** @throws `CFP_RESOURCE_UNKNOWN`, `CFP_RESOURCE_DAMAGED` */
  get(name: string, options?: ResourceOptions): Promise<Resource>
  /** The same, or nothing where there is none. @throws `CFP_RESOURCE_DAMAGED` */
  find(name: string, options?: ResourceOptions): Promise<Resource | undefined>
  /** By name, without content, page by page. */
  list(options?: ResourceListOptions): Promise<ResourceList>
  /**
   * Makes a resource, or changes the one that there is.
   *
   * @throws `CFP_RESOURCE_EXISTS` where there is one whose name differs in upper and lower case alone
   */
  put(name: string, draft: ResourceDraft | ResourceDrafting, options?: ResourcePutOptions): Promise<ResourceInfo>
  /**
   * Changes content, metadata or both as one. Others' changes of other metadata are kept: what is merged into is what is
   * there when it takes effect.
   *
   * @throws `CFP_RESOURCE_UNKNOWN`, `CFP_RESOURCE_CONFLICT` where `ifRevision` is not what is there
   */
  update(name: string, changes: ResourceChanges | ResourceEdit, options?: ResourceChangeOptions): Promise<ResourceInfo>
  /** Gives what it was. @throws `CFP_RESOURCE_UNKNOWN`, `CFP_RESOURCE_CONFLICT` */
  delete(name: string, options?: ResourceChangeOptions): Promise<ResourceInfo>
}
