// One start of 1,000 async plugins in a process of its own, for a contender named on the command line: what a host pays
// that starts once. Prints microseconds a plugin; loading the modules is not timed, compiling and running them is.
import { type Start, units, withAvvio, withCfPlugins, withPGraph } from './workload.ts'

const COUNT = 1000
const all = units(COUNT, (index) => (index === 0 ? {} : { needs: [(index - 1) >> 1] }))
const starts: Record<string, Start> = {
  'cf-plugins': withCfPlugins(all),
  'p-graph': withPGraph(all),
  avvio: withAvvio(all),
}
const start = starts[process.argv[2] ?? '']
if (!start) throw new Error(`One of ${Object.keys(starts)} is wanted.`)
const from = performance.now()
await start()
process.stdout.write(`${((performance.now() - from) * 1000) / COUNT}\n`)
