// Shows a definition whose state has a version, and a chain that is three deep: milestones, journal, storage.
import { definePlugin } from 'cf-plugins'
import { Counter, Journal } from './_shared/services.ts'
import type { StatusLine } from './_shared/status-line.ts'

const EVERY = 1000

export default definePlugin({
  name: 'milestones',
  version: '1.0.0',
  description: 'Notes in the journal when the counter passes a thousand',
  dependencies: { counter: '^1.0.0', journal: '*' },
  setup({ inject, on, publish, hooks, logger }) {
    const counter = inject(Counter)
    const journal = inject(Journal)
    const passed = { last: Math.floor(counter.count() / EVERY) }
    on('counter.added', async (count: number) => {
      if (Math.floor(count / EVERY) <= passed.last) return
      passed.last = Math.floor(count / EVERY)
      const line = `counted to ${passed.last * EVERY}`
      logger.info(line)
      publish('milestone.passed', line)
      await journal.write(line)
    })
    hooks.on('status', (): StatusLine => ({ plugin: 'milestones', line: `${passed.last} passed` }))
    return passed
  },
  state: {
    version: 1,
    save: ({ last }) => ({ last }),
    restore(state, passed) {
      passed.last = state.last
    },
  },
})
