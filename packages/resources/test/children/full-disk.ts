// `full-disk.mjs <folder on a small disk>`: writes more than there is room for. Prints what happened as JSON.
import { readdirSync } from 'node:fs'
import type { PluginError } from '@cf-plugins/plugin-api'
import { ResourceManager } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const manager = new ResourceManager({ folder })
const codesOf = (error: PluginError) => [error.code, (error.cause as { code?: string } | undefined)?.code]
await manager.create('a', 'small', { metadata: { x: 1 } })
const large = 'x'.repeat(4 * 1024 * 1024)
const update = await manager.update('a', { content: large, metadata: { x: 2 } }).then(() => [], codesOf)
const create = await manager.create('b', large).then(() => [], codesOf)
const { content, metadata } = await manager.get('a')
const files = readdirSync(folder)
await manager.update('a', { content: 'small again' })
console.log(JSON.stringify({ update, create, content, metadata, files, healed: (await manager.get('a')).content }))
