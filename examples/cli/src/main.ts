// The tool, as a process. What only prints something needs no plugins, and loads none of what starts them.
import { version } from './version.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const [first] = args
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  // A reader that goes away, such as head, is no failure of ours.
  process.stdout.on('error', () => process.exit())
  if (first === '__complete') {
    const { answerShell } = await import('./completion/answer.ts')
    return answerShell(args.slice(1))
  }
  const { runTool } = await import('./tool.ts')
  return runTool(args)
}
