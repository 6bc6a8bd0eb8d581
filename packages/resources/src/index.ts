// Named resources under one folder.
export type { ResourceContext } from './acting.ts'
export { type ResourceErrorCode, ResourceErrorCodes } from './error-codes.ts'
export type {
  Resource,
  ResourceChangeOptions,
  ResourceChanges,
  ResourceContent,
  ResourceCreateOptions,
  ResourceDraft,
  ResourceDrafting,
  ResourceEdit,
  ResourceInfo,
  ResourceJson,
  ResourceList,
  ResourceListOptions,
  ResourceMakerOptions,
  ResourceMetadata,
  ResourceOptions,
  ResourcePutOptions,
  Resources,
} from './resource.ts'
export { type DataChange, DataCreated, DataDeleted, DataUpdated } from './resource-events.ts'
export { ResourceManager, type ResourceManagerOptions } from './resource-manager.ts'
export { ResourcePlugin } from './resource-plugin.ts'
