// What must compile, and what must not.
import type { BasePlugin, ResolvedPluginMeta } from '@cf-plugins/plugin-api'
import { FileStateStore, StatePreserver, type StateSnapshot, type StateStore } from '../src/index.ts'

declare const meta: ResolvedPluginMeta
declare const instance: BasePlugin
const preserver = new StatePreserver({ maxBytes: 1_000 })

export const saved: Promise<StateSnapshot> = preserver.save({ name: 'a', enabled: true, meta, instance })
export const latest: StateSnapshot | undefined = preserver.latest('a')

/** How the lifecycle sees a keeper of state: it knows an instance as an object, and a snapshot as its own type. */
interface Keeper<Snapshot> {
  save(
    plugin: { name: string; enabled: boolean; meta: ResolvedPluginMeta; instance: object },
    options?: { readonly signal?: AbortSignal },
  ): Promise<Snapshot>
  restore(plugin: { name: string; meta: ResolvedPluginMeta; instance: object }, snapshot: Snapshot): Promise<void>
}
export const keeper: Keeper<StateSnapshot> = preserver

// @ts-expect-error the enabled flag is part of a snapshot
preserver.save({ name: 'a', meta, instance })
declare const snapshot: StateSnapshot
// @ts-expect-error a snapshot is to be read
snapshot.version = 2

export const store: StateStore = new FileStateStore({ folder: 'state', key: new Uint8Array(32) })
export const stored = new StatePreserver({ store, onStoreError: (error) => error.code satisfies string })
export const loaded: Promise<StateSnapshot | undefined> = stored.load('a')
export const flushed: Promise<void> = stored.flush({ timeoutMs: 1_000 })
// @ts-expect-error a key is bytes, never a password
new FileStateStore({ folder: 'state', key: 'secret' })
