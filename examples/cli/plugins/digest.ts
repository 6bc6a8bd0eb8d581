// Shows an async command: files are read as streams, several at a time, and whoever waits may press Ctrl-C.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Argument, Option } from 'commander'
import { definePlugin } from './_shared/plugin.ts'

const ALGORITHMS = ['sha256', 'sha512', 'blake2b512', 'md5']

export default definePlugin({
  name: 'digest',
  version: '1.0.0',
  description: 'Checksums of files',
  setup({ app, own }) {
    // A command that is under way when its plugin goes, such as at Ctrl-C, reads no further.
    const ending = new AbortController()
    own(() => ending.abort(new Error('the plugin was stopped')))
    app
      .command('digest')
      .description('print the checksums of files')
      .addArgument(new Argument('<file...>', 'files to read'))
      .addOption(new Option('-a, --algorithm <name>', 'which checksum').choices(ALGORITHMS).default('sha256'))
      .action(async (files: readonly string[], { algorithm }: { algorithm: string }) => {
        const digests = files.map((file) => digestOf(file, algorithm, ending.signal))
        for (const [at, digest] of (await Promise.all(digests)).entries()) console.log(`${digest}  ${files[at]}`)
      })
  },
})

async function digestOf(file: string, algorithm: string, signal: AbortSignal): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash, { signal })
  return hash.digest('hex')
}
