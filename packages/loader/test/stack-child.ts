// Run by stack.test.ts in processes with other flags: prints the stack of an error that a plugin's function throws.
import { PluginLoader } from '../src/index.ts'

const [, , folder = ''] = process.argv
const loader = new PluginLoader({ paths: [folder], cacheFolder: false, env: {} })
const { records, failures } = await loader.loadPlugins()
for (const failure of failures) console.log(failure.stack)
try {
  await records[0]?.register(undefined as never, {} as never)
} catch (error) {
  console.log((error as Error).stack)
}
process.exit(0)
