// The resources of one folder: read as they are, and changed one after the other, whoever else changes them.
import { setTimeout as delay } from 'node:timers/promises'
import { atMost } from '@cf-plugins/plugin-api/host'
import type {
  Resource,
  ResourceChangeOptions,
  ResourceChanges,
  ResourceContent,
  ResourceCreateOptions,
  ResourceEdit,
  ResourceInfo,
  ResourceList,
  ResourceListOptions,
  ResourceMetadata,
  ResourceOptions,
} from './resource.ts'
import { type ResourcePhase, resourceError } from './resource-error.ts'
import { checkedMetadata, type Encoded, encode, type Head, hashOf, infoOf, revisionAfter } from './resource-file.ts'
import { ResourceFolder } from './resource-folder.ts'
import { listFolder } from './resource-list.ts'
import { checkedName, checkedPrefix, fileNameOf } from './resource-name.ts'
import { damaged, readHead, readStored, resourceOf, type Stored } from './stored-file.ts'
import { begin, follow, type Next, type Place, pathOf } from './succession.ts'
import { Turns } from './turns.ts'
import { Work } from './work.ts'

export interface StoreOptions {
  readonly folder: string
  readonly maxBytes: number
  readonly timeoutMs: number
}

/** Operations of a store that have not ended hold content in memory. */
const MOST_PENDING = 1000
const MOST_LISTED = 1000
const EMPTY = new Uint8Array(0)

export class ResourceStore {
  readonly #folder: ResourceFolder
  readonly #maxBytes: number
  readonly #timeoutMs: number
  readonly #turns = new Turns()
  #isClosed = false

  constructor({ folder, maxBytes, timeoutMs }: StoreOptions) {
    this.#folder = new ResourceFolder(folder)
    this.#maxBytes = maxBytes
    this.#timeoutMs = timeoutMs
  }

  get folder(): string {
    return this.#folder.path
  }

  async create(name: string, content: ResourceContent, options: ResourceCreateOptions): Promise<ResourceInfo> {
    const work = this.#begin('createResource', name, options)
    const encoded = encode(content, this.#maxBytes)
    const metadata = checkedMetadata(options.metadata ?? {})
    return this.#change(work, name, async (place) => {
      const createdAt = new Date().toISOString()
      const next = nextOf({ name, createdAt, metadata }, encoded, undefined, createdAt)
      for (;;) {
        if (await begin(place, next)) return infoOf(next.head)
        const there = await readHead(pathOf(place))
        if (there) throw existsError(work.phase, name, there.name)
        // It was deleted in the meantime.
        await this.#pause(work)
      }
    })
  }

  async find(name: string, options: ResourceOptions): Promise<Resource | undefined> {
    const work = this.#begin('getResource', name, options)
    return work.bound(async () => {
      try {
        const stored = await this.#stored(await this.#place(name), name)
        return stored && resourceOf(stored)
      } catch (error) {
        throw work.failure(error, this.folder)
      }
    })
  }

  async list(options: ResourceListOptions, may: (name: string) => boolean): Promise<ResourceList> {
    const work = this.#begin('listResources', undefined, options)
    const { prefix = '', after, limit = 100, metadata = {} } = options
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED))
      throw resourceError('CFP_RESOURCE_ARGUMENT', `limit must be a whole number from 1 to ${MOST_LISTED}.`)
    const wanted = {
      prefix: checkedPrefix(prefix),
      metadata: checkedMetadata(metadata),
      after: after === undefined ? undefined : checkedName(after),
      limit,
      may,
      assertAwaited: () => work.assertAwaited(),
    }
    return work.bound(async () => {
      try {
        return await listFolder(await this.#folder.open(), wanted)
      } catch (error) {
        throw work.failure(error, this.folder)
      }
    })
  }

  async update(
    name: string,
    changes: ResourceChanges | ResourceEdit,
    options: ResourceChangeOptions,
  ): Promise<ResourceInfo> {
    const work = this.#begin('updateResource', name, options)
    const prepared = typeof changes === 'function' ? undefined : this.#prepare(changes)
    return this.#change(work, name, (place) =>
      this.#succeed(work, place, name, options.ifRevision, async (stored) => {
        const change = prepared ?? this.#prepare(await work.callBack((changes as ResourceEdit)(resourceOf(stored))))
        const { head, bytes } = stored
        const encoded = change.encoded ?? { kind: head.kind, bytes, sha256: head.sha256 }
        const metadata = change.metadata ? checkedMetadata(merged(head.metadata, change.metadata)) : head.metadata
        return nextOf({ ...head, metadata }, encoded, head.revision, new Date().toISOString())
      }),
    )
  }

  async delete(name: string, options: ResourceChangeOptions): Promise<ResourceInfo> {
    const work = this.#begin('deleteResource', name, options)
    return this.#change(work, name, async (place) => {
      let last: Head | undefined
      await this.#succeed(work, place, name, options.ifRevision, async ({ head }) => {
        last = head
        const { revision } = head
        const nothing = { kind: head.kind, bytes: EMPTY, sha256: hashOf(EMPTY) }
        const next = nextOf(head, nothing, revision, new Date().toISOString())
        return { ...next, head: { ...next.head, deletes: true } }
      })
      return infoOf(last as Head)
    })
  }

  /** Takes nothing more, and resolves when what has begun has ended, within the bound. */
  async close(ms: number): Promise<void> {
    this.#isClosed = true
    await atMost(Promise.all([this.#turns.ended(), this.#folder.atRest()]), ms)
  }

  /** @throws `CFP_RESOURCE_CLOSED`, `CFP_RESOURCE_NAME`, `CFP_RESOURCE_ARGUMENT` */
  #begin(phase: ResourcePhase, name: string | undefined, options: ResourceOptions): Work {
    if (this.#isClosed) {
      const message = `${phase}() was called after the resources of ${this.folder} were closed, as at the end of their plugin's generation. Ask those that are there now.`
      throw resourceError('CFP_RESOURCE_CLOSED', message, { phase })
    }
    return new Work(phase, name === undefined ? name : checkedName(name), options, this.#timeoutMs)
  }

  async #change<T>(work: Work, name: string, task: (place: Place) => Promise<T>): Promise<T> {
    if (this.#turns.pending >= MOST_PENDING) throw work.busy()
    return work.bound(() =>
      this.#turns.take(fileNameOf(name), async () => {
        try {
          // Whoever was not served in time was told so.
          work.assertAwaited()
          return await task(await this.#place(name))
        } catch (error) {
          throw work.failure(error, this.folder)
        }
      }),
    )
  }

  /** Makes `edit` of what is there the next revision; of what is there then, where others were faster. */
  async #succeed(
    work: Work,
    place: Place,
    name: string,
    ifRevision: string | undefined,
    edit: (stored: Stored) => Promise<Next>,
  ): Promise<ResourceInfo> {
    for (;;) {
      const stored = await this.#stored(place, name)
      if (!stored) throw unknownError(work.phase, name)
      const { revision } = stored.head
      if (ifRevision !== undefined && ifRevision !== revision)
        throw conflictError(work.phase, name, ifRevision, revision)
      const next = await edit(stored)
      work.assertAwaited()
      if (await follow(place, revision, next)) return infoOf(next.head)
      await this.#pause(work)
    }
  }

  /** Others are at it: for a while of another length each time, so that not all come back at once. */
  async #pause(work: Work): Promise<void> {
    work.isContended = true
    await delay(1 + Math.random() * 10)
    work.assertAwaited()
  }

  async #stored(place: Place, name: string): Promise<Stored | undefined> {
    const stored = await readStored(pathOf(place), this.#maxBytes)
    if (stored && fileNameOf(stored.head.name) !== place.file)
      throw damaged(pathOf(place), `it is the file of "${stored.head.name.slice(0, 200)}"`)
    return stored?.head.name === name ? stored : undefined
  }

  async #place(name: string): Promise<Place> {
    return { folder: await this.#folder.open(), file: fileNameOf(name) }
  }

  #prepare(changes: ResourceChanges): { encoded: Encoded | undefined; metadata: object | undefined } {
    const { content, metadata } = changes ?? {}
    if (content === undefined && metadata === undefined)
      throw resourceError('CFP_RESOURCE_ARGUMENT', 'An update must have content, metadata or both.')
    // What is taken away would be gone from a copy; what is no object at all is refused before it is spread.
    if (metadata !== undefined) checkedMetadata(metadata)
    return {
      encoded: content === undefined ? undefined : encode(content, this.#maxBytes),
      metadata: metadata && { ...metadata },
    }
  }
}

/** A key whose value is `undefined` is in neither copy. */
function merged(metadata: ResourceMetadata, changes: object): object {
  return { ...metadata, ...changes }
}

function nextOf(
  { name, createdAt, metadata }: Pick<Head, 'name' | 'createdAt' | 'metadata'>,
  { kind, bytes, sha256 }: Encoded,
  base: string | undefined,
  updatedAt: string,
): Next {
  const revision = revisionAfter(base)
  const size = bytes.length
  return { head: { resource: 1, name, revision, kind, size, sha256, createdAt, updatedAt, metadata }, bytes }
}

function unknownError(phase: ResourcePhase, name: string) {
  const message = `There is no resource "${name}". Check the name, create it first, or ask with find().`
  return resourceError('CFP_RESOURCE_UNKNOWN', message, { phase })
}

function existsError(phase: ResourcePhase, name: string, there: string) {
  const other =
    there === name ? '' : `, by the name "${there}": two that differ in case alone would be one on some systems`
  const message = `There is a resource "${name}" already${other}. Update it, or take another name.`
  return resourceError('CFP_RESOURCE_EXISTS', message, { phase })
}

function conflictError(phase: ResourcePhase, name: string, wanted: string, there: string) {
  const message = `Resource "${name}" has revision ${there}, and not ${wanted}: somebody was faster. Get it again, and decide anew.`
  return resourceError('CFP_RESOURCE_CONFLICT', message, { phase })
}
