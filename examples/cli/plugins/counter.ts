// Shows state that outlives both the process and the code: change STEP, save, and the count goes on from where it was.
import { serviceRef } from 'cf-plugins'
import { definePlugin } from './_shared/plugin.ts'
import { wholeNumber } from './_shared/whole-number.ts'

/** What `counter increment` adds by itself. */
const STEP = 1

/** The most that one command may add or take away: sums of them stay exact for as long as anybody counts. */
const MOST = 1_000_000_000

/** What other plugins may ask. */
export interface CounterService {
  value(): number
  add(by: number): Promise<number>
}

export const Counter = serviceRef<CounterService>('counter')

export default definePlugin({
  name: 'counter',
  version: '1.0.0',
  description: 'A count that goes on, from one run to the next and over edits of its code',
  // The host keeps it, in a file, and gives it to the next process and to the next generation of this code.
  state: { initial: { count: 0 } },
  setup({ app, state }): CounterService {
    const add = async (by: number) => (await state.update(({ count }) => ({ count: count + by }))).count
    const counter = app.command('counter').alias('count').description('count things')
    counter
      .command('increment')
      .description('count on, and print the new count')
      .option('--by <n>', 'how much', wholeNumber({ from: -MOST, to: MOST }), STEP)
      .action(async ({ by }: { by: number }) => console.log(String(await add(by))))
    counter
      .command('show')
      .description('print the count')
      .action(() => console.log(String(state.value.count)))
    counter
      .command('reset')
      .description('begin at 0 again')
      .action(async () => {
        await state.update(() => ({ count: 0 }))
        console.log('0')
      })
    return { value: () => state.value.count, add }
  },
})
