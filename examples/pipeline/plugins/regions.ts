// What the places' regions are called: some thousand names, in memory.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Prepare } from './_shared/batch.ts'
import { definePlugin } from './_shared/host.ts'

export default definePlugin({
  name: 'regions',
  version: '1.0.0',
  async setup({ pipeline, shared }) {
    const list = JSON.parse(await readFile(join(shared.lists, 'admin1.json'), 'utf8')) as {
      code: string
      name: string
    }[]
    const names = new Map(list.map(({ code, name }) => [code, name]))
    pipeline(Prepare).step(
      'region',
      ({ places }) => ({ regions: places.map(({ region }) => (region === undefined ? undefined : names.get(region))) }),
      { group: 'names', after: 'clean' },
    )
  },
})
