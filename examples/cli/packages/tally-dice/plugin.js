// Shows a plugin that comes as an npm package. It has no dependencies: cf-plugins is the host's own, whatever is installed.
import { randomInt } from 'node:crypto'
import { definePlugin } from 'cf-plugins'

export default definePlugin({
  name: 'dice',
  version: '1.0.0',
  description: 'Rolls dice',
  setup({ app }) {
    const program = /** @type {import('commander').Command} */ (app)
    const roll = program.command('roll').description('roll dice')
    roll
      .addOption(roll.createOption('--sides <n>', 'of a die').choices(['4', '6', '8', '12', '20']).default('6'))
      .addOption(roll.createOption('--dice <n>', 'how many').choices(['1', '2', '3']).default('1'))
      .action(({ sides, dice }) => {
        const rolled = Array.from({ length: Number(dice) }, () => randomInt(1, Number(sides) + 1))
        console.log(rolled.join(' '))
      })
  },
})
