// What a host may say of access: what must compile, and what must not. Checked by tsc alone.
import { type AccessOptions, Lifecycle } from '../src/index.ts'

export const byName: AccessOptions = { undeclared: 'deny', grants: { shop: ['service:vault'] } }
export const asked: AccessOptions = { grants: (plugin) => (plugin === 'shop' ? ['service:vault'] : undefined) }
export const lifecycle = new Lifecycle({ app: {}, access: byName })

// @ts-expect-error it is allowed or denied
export const asking: AccessOptions = { undeclared: 'ask' }
// @ts-expect-error grants are lists
export const single: AccessOptions = { grants: { shop: 'service:vault' } }
// @ts-expect-error what is granted is known at once
export const later: AccessOptions = { grants: async () => ['service:vault'] }
