// Shows a plugin that is blocked: it needs the database, which is broken. It starts by itself when that is mended.
import { definePlugin } from 'cf-plugins'
import { Journal } from './_shared/services.ts'

export default definePlugin({
  name: 'reports',
  version: '1.0.0',
  description: 'Reports from the database',
  dependencies: { database: '^2.0.0', journal: '*' },
  setup: ({ inject, every, hooks }) => {
    const journal = inject(Journal)
    let reports = 0
    every(10_000, () => journal.write(`report ${++reports}`))
    hooks.on('status', () => ({ plugin: 'reports', line: `${reports} written` }))
  },
})
