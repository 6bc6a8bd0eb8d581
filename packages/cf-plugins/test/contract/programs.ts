// What the contract's programs take for granted, and what stands where they leave something out.
import type { Program } from './blocks.ts'

const SERVICES = `
import type { CacheService, DatabaseService } from './_services.ts'
import { Cache, Database } from './_services.ts'
`

/** What the three forms refer to. */
export const services = `import { serviceRef } from 'cf-plugins'
export interface DatabaseService { forget(id: number): void; sweep(): void; readonly forgotten: number[] }
export interface CacheService { get(key: string): unknown; set(key: string, value: unknown): void }
export const Database = serviceRef<DatabaseService>('database')
export const Cache = serviceRef<CacheService>('cache')
export interface Command { command(name: string): Command }
`

/** The plugins that those of the contract need. */
export const others = {
  'storage.ts': `import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'storage', version: '1.0.0', setup: () => ({}) })
`,
  'database.ts': `import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'database',
  version: '2.1.0',
  setup() {
    const forgotten: number[] = []
    return { forgotten, forget: (id: number) => void forgotten.push(id), sweep: () => {} }
  },
})
`,
}

/** Form 1: a module. */
export const counter: Program = {
  marked: 'class CounterPlugin',
  before: `import { BasePlugin, type PluginContext, type PluginMeta } from 'cf-plugins'
import type { Command } from './_services.ts'
`,
}

/** Form 2: a definition. */
export const cache: Program = {
  marked: "name: 'cache'",
  before: `import { definePlugin } from 'cf-plugins'
import { z } from 'zod'
import { Database } from './_services.ts'

const entries = new Map<string, unknown>()
const get = (key: string) => entries.get(key)
const set = (key: string, value: unknown) => void entries.set(key, value)

`,
  completed: {
    'save: () => ..., restore: (state) => ..., migrate: (state, from) => ... }':
      'save: () => [...entries], restore: (state) => state.forEach(([key, value]) => entries.set(key, value)), migrate: (state, from) => [[String(from), state] as [string, unknown]] }',
    "on('user.logout', (user) => database.forget(user.id))":
      "on<{ id: number }>('user.logout', (user) => database.forget(user.id))",
    'teardown(service) { ... },': 'teardown(service) { service.set },',
  },
}

/** Form 3: a class. */
export const auth: Program = {
  marked: 'class AuthPlugin',
  before: `import { BasePlugin, hook, inject, plugin } from 'cf-plugins'${SERVICES}
interface Request { readonly token: string }

`,
  completed: {
    'override async setup() { ... }': "override async setup() { this.cache.set('ready', true) }",
    'async authenticate(request: Request) { ... }':
      "async authenticate(request: Request) { return request.token === 'good' && this.cache.get('ready') === true }\n  check(token: string) { return token === 'good' }",
  },
}

/** A host. */
export const host: Program = {
  marked: 'new PluginManager({',
  before: `import { PluginManager, type AppScope } from 'cf-plugins'

const app = { commands: [] as string[], command(name: string) { this.commands.push(name); return this } }
const shared = { started: Date.now() }
const scopeApp = (view: typeof app): AppScope<typeof app> => ({ view, commit: () => {}, dispose: () => {} })

`,
  after: `
process.stdout.write(JSON.stringify({ active: report.active, failed: report.failed.map(({ plugin }) => plugin), timeline: report.timeline.length, auth: typeof auth }))
`,
}
