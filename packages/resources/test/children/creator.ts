// `creator.mjs <folder> <times>`: creates and deletes one resource together with others. Prints how often each was done.
import type { PluginError } from '@cf-plugins/plugin-api'
import { ResourceManager } from '../../src/index.ts'

const [folder = '', times = '0'] = process.argv.slice(2)
const manager = new ResourceManager({ folder })
const done = { created: 0, deleted: 0 }
const unless = (code: string) => (error: PluginError) => {
  if (error.code !== code) throw error
  return undefined
}
for (let time = 0; time < Number(times); time++) {
  if (await manager.create('one', 'x'.repeat(time)).catch(unless('CFP_RESOURCE_EXISTS'))) done.created++
  if (await manager.delete('one').catch(unless('CFP_RESOURCE_UNKNOWN'))) done.deleted++
}
console.log(JSON.stringify(done))
