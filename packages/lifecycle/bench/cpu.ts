// What a start costs in CPU time, the collector's threads included: on a busy machine it is steadier than the clock.
import { forget, type Start } from './workload.ts'

const ROUNDS = 15

/** Prints the median of each contender, in microseconds of CPU time a plugin. */
export async function tellCpu(
  title: string,
  contenders: Readonly<Record<string, Start>>,
  count: number,
): Promise<void> {
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, start] of Object.entries(contenders)) {
      forget()
      const from = process.cpuUsage()
      await start()
      const { user, system } = process.cpuUsage(from)
      times.get(name)?.push((user + system) / count)
    }
  }
  process.stdout.write(`${title}, CPU time\n`)
  for (const [name, all] of times) {
    process.stdout.write(`  ${name.padEnd(14)} ${all.sort((a, b) => a - b)[ROUNDS >> 1]?.toFixed(2)} us\n`)
  }
  process.stdout.write('\n')
}
