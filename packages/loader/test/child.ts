// Builds a script of the tests with the loader's sources, so that it runs in a plain Node process, as a host would.
import { execFile } from 'node:child_process'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)

/** Makes a file of `test/<script>` that Node runs, and gives its path. */
export async function built(script: string): Promise<string> {
  // In `node_modules`, where the packages that stay external are found.
  const outfile = join(import.meta.dirname, '../node_modules/.cf-tests', basename(script).replace(/\.ts$/, '.mjs'))
  await build({
    entryPoints: [join(import.meta.dirname, script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@cf-plugins/source'],
    external: ['esbuild', 'acorn', 'picomatch', 'import-meta-resolve', '@jridgewell/sourcemap-codec'],
    logLevel: 'silent',
  })
  return outfile
}

/** Runs `test/<script>` in a process of its own and gives what it prints. */
export async function runChild(script: string, flags: readonly string[], ...parameters: string[]): Promise<string> {
  const outfile = await built(script)
  const { stdout } = await run(process.execPath, [...flags, outfile, ...parameters], { timeout: 110_000 })
  return stdout
}
