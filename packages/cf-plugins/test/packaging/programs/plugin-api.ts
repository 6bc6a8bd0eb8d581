// What somebody writes who makes a plugin, in the forms that need no build step.
import assert from 'node:assert/strict'
import {
  BasePlugin,
  definePlugin,
  type PluginContext,
  PluginError,
  type PluginMeta,
  serviceRef,
} from '@cf-plugins/plugin-api'
import { resolveMeta, toPluginRecord } from '@cf-plugins/plugin-api/host'

interface Database {
  find(id: string): string | undefined
}
const Database = serviceRef<Database>('database')

const cache = definePlugin({
  name: 'cache',
  version: '1.2.0',
  dependencies: { database: '^2.0.0' },
  setup({ inject }) {
    const database = inject(Database)
    return { get: (id: string): string | undefined => database.find(id) }
  },
  teardown(service) {
    service.get('last')
  },
})

const PLUGIN_META = { name: 'counter', version: '1.0.0', dependencies: ['cache'] } satisfies PluginMeta

class CounterPlugin extends BasePlugin {
  count = 0
  override getReloadState() {
    return { count: this.count }
  }
}

const register = (app: unknown, context: PluginContext): CounterPlugin => new CounterPlugin(app, context)

const source = { generation: 1, files: [] }
assert.equal(toPluginRecord({ default: cache }, source).meta.version, '1.2.0')
assert.equal(toPluginRecord({ PLUGIN_META, register }, source).meta.name, 'counter')
assert.throws(
  () => resolveMeta({ name: 'Not a name', version: 'one' }),
  (error: unknown) => error instanceof PluginError && error.code === 'CFP_META_INVALID',
)

console.log('plugin-api works')
