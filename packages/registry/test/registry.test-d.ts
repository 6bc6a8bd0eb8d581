// What must compile, and what must not.
import type { PluginError, PluginRecord } from '@cf-plugins/plugin-api'
import { type Explanation, PluginRegistry, type Resolution, type StagedRegistry } from '../src/index.ts'

declare const record: PluginRecord
const registry = new PluginRegistry({ hostVersion: '1.0.0' })

export const order: string[] = registry.resolve({ enabled: (name) => name !== 'a' }).order
export const blocked: ReadonlyMap<string, PluginError> = registry.resolve().blocked
export const staged: StagedRegistry = registry.stage({ set: [record], remove: ['a'] })
export const commit: () => void = () => staged.commit()
export const need: 'required' | 'optional' | undefined = registry.requires('a', 'b')
export const explained: Explanation = registry.explain('a', () => ({ state: 'active' }))
export const owner: string | undefined = registry.services.lookup('a')?.owner

export const chosen = new PluginRegistry({ providers: { cache: 'redis' } })
chosen.followWishes((name) => (name === 'redis' ? true : undefined))
export const providers: readonly string[] = chosen.providersOf('cache')
export const offers: readonly { readonly owner: string; readonly service: unknown }[] = chosen.services.offers('cache')
// @ts-expect-error of several, one is chosen
new PluginRegistry({ providers: { cache: ['redis', 'memory'] } })
// @ts-expect-error a wish is of one plugin
chosen.followWishes({ redis: true })

// @ts-expect-error a platform is one, not several
new PluginRegistry({ platform: ['linux'] })
// @ts-expect-error a change names what goes, it does not hold it
registry.stage({ remove: [record] })
// @ts-expect-error what a status view needs is a state
registry.explain('a', () => ({}))
declare const resolution: Resolution
// @ts-expect-error a resolution is to be read
resolution.order = []
