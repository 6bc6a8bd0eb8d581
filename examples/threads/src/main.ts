// The demo: the same server twice, with its parser in a thread and inline, and what its visitors had of it.
import { rmSync, statSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from 'cf-plugins'
import { runHalf } from './half.ts'
import { PAUSE_MS } from './pace.ts'
import { tableOf } from './table.ts'

const HELP = `Usage: npm start -- [--times <n>] [--plugins <folder>]

  --times <n>         how often the file is parsed in each half, instead of five times
  --plugins <folder>  plugins to run, instead of those of the demo
`
const PLUGINS = join(import.meta.dirname, '../plugins')
/** What the inline half is without. */
const LINE = "  execution: 'worker',\n"
/** Nine megabytes of JavaScript that everybody has. */
const FILE = fileURLToPath(import.meta.resolve('typescript'))

process.exitCode = await main()

async function main(): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'cf-plugins-threads-'))
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      rmSync(scratch, { recursive: true, force: true })
      process.exit(code)
    })
  }
  try {
    const { times, plugins } = readArguments()
    const inline = join(scratch, 'plugins')
    await withoutLine(plugins, inline)
    const size = `${(statSync(FILE).size / 1e6).toFixed(1)} MB`
    const often = times === 1 ? 'once' : `${times} times`
    print(`A page is asked for every ${PAUSE_MS} ms, while a plugin parses typescript.js (${size}) ${often}\n`)
    print(`  in a thread, for plugins/parser.ts says ${LINE.trim().replace(',', '')} ...\n`)
    const threaded = await runHalf(plugins, FILE, times)
    print('  inline, without that line ...\n\n')
    const halves = { inline: await runHalf(inline, FILE, times), 'in a thread': threaded }
    print(tableOf(halves))
    const failures = threaded.parsings.filter((each) => each instanceof Error)
    if (failures[0])
      print(
        `\nIn a thread ${failures.length} of ${times} failed, and the server went on:\n${listOf([messageOf(failures[0])])}`,
      )
    const { warnings } = halves.inline
    if (warnings.length > 0)
      print(`\nWhat the host said of it, inline:\n${listOf(warnings).replaceAll(inline, 'plugins')}`)
    return failures.length + threaded.visits.failed > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`)
    return 1
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function readArguments(): { times: number; plugins: string } {
  const { values } = parseArgs({
    options: { times: { type: 'string', default: '5' }, plugins: { type: 'string', default: PLUGINS } },
  })
  const times = Number(values.times)
  if (Number.isInteger(times) && times > 0) return { times, plugins: resolve(values.plugins) }
  throw new Error(`--times is a whole number from 1, and ${values.times} is none\n\n${HELP}`)
}

/** A copy of the plugins whose parser does not ask for a thread. */
async function withoutLine(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
  const file = join(to, 'parser.ts')
  const text = await readFile(file, 'utf8')
  if (!text.includes(LINE)) throw new Error(`${join(from, 'parser.ts')} has no line "${LINE.trim()}" to leave out`)
  await writeFile(file, text.replace(LINE, ''))
}

function listOf(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('')
}

function print(text: string): void {
  process.stdout.write(text)
}
