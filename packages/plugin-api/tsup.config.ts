import { writeFile } from 'node:fs/promises'
import { defineConfig } from 'tsup'
import { packageBuild } from '../../tsup.base.ts'
import { pluginMetaSchema } from './src/meta-schema.ts'

export default defineConfig({
  ...packageBuild({ index: 'src/index.ts', schema: 'src/schema.ts', host: 'src/host.ts' }),
  // The three entries are one package's: what they share is there once.
  splitting: true,
  onSuccess: () => writeFile('dist/plugin-meta.schema.json', `${JSON.stringify(pluginMetaSchema, null, 2)}\n`),
})
