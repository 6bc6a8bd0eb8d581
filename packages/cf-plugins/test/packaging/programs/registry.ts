// What somebody writes who wants to know what a set of plugins needs, and runs none of them.
import assert from 'node:assert/strict'
import { definePlugin, PluginError } from '@cf-plugins/plugin-api'
import { toPluginRecord } from '@cf-plugins/plugin-api/host'
import { PluginRegistry } from '@cf-plugins/registry'

const record = (name: string, dependencies: Record<string, string>) =>
  toPluginRecord(definePlugin({ name, version: '1.4.0', dependencies }), { generation: 1, files: [] })

const registry = new PluginRegistry()
registry.add(record('app', { cache: '^1.2.0' }))
registry.add(record('cache', {}))
registry.add(record('reports', { cache: '^2.0.0' }))

const { order, conflicts } = registry.resolve()
assert.deepEqual(order, ['cache', 'app'])
assert.equal(conflicts[0]?.plugin, 'reports')
assert.deepEqual(registry.affectedBy(['cache']), ['cache', 'app', 'reports'])
assert.throws(
  () => registry.add(record('app', {})),
  (error: unknown) => error instanceof PluginError && error.code === 'CFP_DUPLICATE_NAME',
)

console.log('registry works')
