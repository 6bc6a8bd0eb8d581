// Shows configuration: what users may set in tally.yaml, checked by a schema before the plugin starts.
import { z } from 'zod'
import { definePlugin } from './_shared/plugin.ts'

export default definePlugin({
  name: 'greet',
  version: '1.0.0',
  description: 'Greets, as tally.yaml says',
  config: z.object({
    greeting: z.string().min(1).default('Hello').describe('What comes before the name'),
    mark: z.enum(['.', '!', '?']).default('.').describe('What comes after it'),
  }),
  setup({ app, config }) {
    app
      .command('greet')
      .description('greet somebody')
      .argument('[name]', 'whom', 'world')
      .action((name: string) => console.log(`${config.greeting} ${name}${config.mark}`))
  },
})
