// Shows a plugin that uses another one's service: it starts after the counter, and not without it.
import { Argument } from 'commander'
import { definePlugin } from './_shared/plugin.ts'
import { wholeNumber } from './_shared/whole-number.ts'
import { Counter } from './counter.ts'

const MARKS = { bar: '█', dots: '●', hash: '#' }

export default definePlugin({
  name: 'chart',
  version: '1.0.0',
  description: 'The count as a picture',
  dependencies: { counter: '^1.0.0' },
  setup({ app, inject }) {
    const counter = inject(Counter)
    app
      .command('chart')
      .description('draw the count')
      .addArgument(new Argument('[style]', 'what with').choices(Object.keys(MARKS)).default('bar'))
      .option('--width <n>', 'the longest line', wholeNumber({ from: 1, to: 500 }), 60)
      .action((style: keyof typeof MARKS, { width }: { width: number }) => {
        const value = counter.value()
        const length = Math.min(Math.max(value, 0), width)
        console.log(`${MARKS[style].repeat(length)}${value > width ? '…' : ''} ${value}`.trimStart())
      })
  },
})
