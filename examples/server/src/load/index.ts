// `--load`: edits the plugins of a running server while it is asked, and prints what became of it.
import { loadOptions } from './options.ts'
import { runLoad } from './run.ts'
import { tableOf } from './table.ts'

/** @returns the exit code: 1 where a request failed, or an edit did not end as it must */
export async function load(args: readonly string[]): Promise<number> {
  const options = loadOptions(args)
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  print(`${options.edits} edits of plugins, ${options.connections} clients, seed ${options.seed}\n`)
  const result = await runLoad(options, print)
  process.stdout.write(`\n${tableOf(result)}`)
  return result.totals.failed === 0 && result.wrong.length === 0 && result.edits.length === options.edits ? 0 : 1
}
