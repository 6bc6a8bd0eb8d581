// What others are told of changes.
import { type EventRef, eventRef } from '@cf-plugins/plugin-api'
import type { ResourceInfo } from './resource.ts'

/** A change of a resource, after it is on the disk. */
export interface DataChange extends Omit<ResourceInfo, 'name'> {
  readonly action: 'created' | 'updated' | 'deleted'
  /** Who changed it; nothing where it was the host. */
  readonly plugin: string | undefined
  /** For whom: what the change's option `by` said. */
  readonly by?: string
  /** The manager's name: for a `ResourcePlugin`, the plugin's. */
  readonly owner: string
  /** The resource's name. */
  readonly name: string
}

/** `data.created` */
export const DataCreated: EventRef<DataChange> = eventRef('data.created')
/** `data.updated` */
export const DataUpdated: EventRef<DataChange> = eventRef('data.updated')
/** `data.deleted`; metadata and revision are those that it had. */
export const DataDeleted: EventRef<DataChange> = eventRef('data.deleted')
