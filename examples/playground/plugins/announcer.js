// Shows a definition in plain JavaScript, with a setup that is not async, and a helper in TypeScript that it shares.
import { definePlugin } from 'cf-plugins'
import { greeting } from './_shared/phrases.ts'

export default definePlugin({
  name: 'announcer',
  version: '1.0.0',
  description: 'Tells everybody what was reached',
  optionalDependencies: ['milestones'],
  setup({ on, hooks, logger }) {
    let news = 'nothing new'
    const announce = () => `${greeting('everybody')} The news: ${news}.`
    on('milestone.passed', (line) => {
      news = String(line)
      logger.info(announce())
    })
    hooks.on('status', () => ({ plugin: 'announcer', line: announce() }))
    return { announce }
  },
})
