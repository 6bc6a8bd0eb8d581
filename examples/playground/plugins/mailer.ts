// Shows a plugin that is switched off. Make `enabled` true and save, or: npx cf enable mailer --path <this folder>
import { definePlugin } from 'cf-plugins'
import { Journal } from './_shared/services.ts'

export default definePlugin({
  name: 'mailer',
  version: '0.9.0',
  description: 'Mails what was reached',
  enabled: false,
  dependencies: ['journal'],
  setup({ inject, on, logger }) {
    const journal = inject(Journal)
    let sent = 0
    on('milestone.passed', async (line: string) => {
      sent++
      logger.info(`mailed: ${line}`)
      await journal.write(`mail ${sent}: ${line}`)
    })
    return { sent: () => sent }
  },
})
