// The process of `cf`.
import { createRequire } from 'node:module'
import { runCli } from './program.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

// Whoever reads the output may have seen enough, as in `cf list | head -1`: that is no error.
process.stdout.on('error', () => {})

const exitCode = await runCli(process.argv.slice(2), version)
// Code of plugins may keep the process alive; what was written goes out first.
process.stdout.write('', () => process.exit(exitCode))
