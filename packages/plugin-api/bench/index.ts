// The hot path of a start and of each reload: a module becomes a record, once a plugin, and its metadata is checked. 1,000 plugins
// must not notice it.
import { compare, growth } from '@cf-plugins/bench-harness'
import { z } from 'zod'
import { resolveMeta, toPluginRecord } from '../src/host.ts'
import { BasePlugin, definePlugin, hook, inject, type PluginContext, plugin } from '../src/index.ts'

const meta = {
  name: 'auth',
  version: '1.2.3',
  dependencies: { database: '^2.0.0', cache: '*' },
  optionalDependencies: ['metrics'],
  events: ['user.*'],
  engines: { api: '^1.0.0', node: '>=20' },
  timeouts: { setupMs: 20_000 },
}

class Auth extends BasePlugin {}

@plugin(meta)
class Decorated extends BasePlugin {
  @inject('clock') accessor clock: unknown
  @hook('http.request') authenticate() {}
}

const forms = {
  module: { PLUGIN_META: meta, register: (app: unknown, context: PluginContext) => new Auth(app, context) },
  definition: { default: definePlugin({ ...meta, setup() {} }) },
  class: { default: Decorated },
}
const source = { generation: 1, files: [] }

await compare(
  'toPluginRecord, by form',
  Object.fromEntries(Object.entries(forms).map(([form, exports]) => [form, () => toPluginRecord(exports, source)])),
  { unit: 'us' },
)

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .max(214)
const dependencies = z.union([z.array(name), z.record(name, z.string().min(1))]).default([])
const words = z.array(z.string().min(1)).default([])
const duration = z.number().positive().optional()
const schema = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+([-+].*)?$/),
  description: z.string().default(''),
  enabled: z.boolean().default(true),
  dependencies,
  optionalDependencies: dependencies,
  requires: z.array(name).default([]),
  provides: z.array(name).default([]),
  events: words,
  engines: z
    .strictObject({ api: z.string().optional(), host: z.string().optional(), node: z.string().optional() })
    .default({}),
  platforms: words,
  permissions: words,
  reload: z
    .strictObject({
      strategy: z.enum(['exclusive', 'overlap']).default('exclusive'),
      state: z.enum(['keep', 'discard']).default('keep'),
    })
    .prefault({}),
  stateVersion: z.number().int().min(0).default(0),
  execution: z.enum(['inline', 'worker']).default('inline'),
  timeouts: z
    .strictObject({
      registerMs: duration,
      setupMs: duration,
      teardownMs: duration,
      enableMs: duration,
      saveMs: duration,
      restoreMs: duration,
      reloadMs: duration,
    })
    .default({}),
  onFailure: z.enum(['continue', 'abort']).default('continue'),
})
const wrong = { ...meta, name: 'Auth', dependancies: [], timeouts: { setupMs: -1 } }

await compare(
  'metadata that is right',
  { resolveMeta: () => resolveMeta(meta), 'a zod schema of the same': () => schema.parse(meta) },
  {
    unit: 'us',
  },
)
await compare(
  'metadata that is wrong',
  { resolveMeta: () => attempt(() => resolveMeta(wrong)), 'a zod schema of the same': () => schema.safeParse(wrong) },
  { unit: 'us' },
)

const dependingOn = (count: number) => {
  const names = Array.from({ length: count }, (_, at) => [`plugin-${at}`, '^1.0.0'])
  const many = { ...meta, dependencies: Object.fromEntries(names) }
  return () => resolveMeta(many)
}
await growth(
  'metadata with n dependencies',
  { 10: dependingOn(10), 100: dependingOn(100), 1000: dependingOn(1_000) },
  { rounds: 15, why: 'no dependency is compared with all the others' },
)

function attempt(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
