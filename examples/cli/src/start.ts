// What `npm start` does: on a terminal it is the tool itself, with what follows `--`, or its shell; elsewhere, or with --tour, a tour of it.
const LINGER_MS = 500

process.exitCode = await start(process.argv.slice(2))

async function start(args: readonly string[]): Promise<number> {
  const isTour = args[0] === '--tour'
  if (args.length > 0 && !isTour) return (await import('./tool.ts')).runTool(args)
  if (!isTour && process.stdin.isTTY && process.stdout.isTTY) return (await import('./tool.ts')).runTool(['shell'])
  const { runTour } = await import('./tour/tour.ts')
  const isDone = await runTour()
  setTimeout(() => process.exit(), LINGER_MS).unref()
  return isDone ? 0 : 1
}
