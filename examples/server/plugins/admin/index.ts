// How the server is, for probes and for people; and its plugins, which are switched on, off and over by HTTP.
import { join } from 'node:path'
import { z } from 'zod'
import type { Answer, Exchange, Handler } from '../../src/exchange.ts'
import { definePlugin } from '../_shared/plugin.ts'
import { ACTIONS, type Action, answerOf, answerWithin, perform, unknownPlugin } from './actions.ts'
import { trailOf } from './trail.ts'
import { pluginList, pluginPage } from './views.ts'

const NOT_KEPT = { 'cache-control': 'no-store' }

export default definePlugin({
  name: 'admin',
  version: '1.0.0',
  description: 'Health, metrics, and the plugins, over HTTP',
  // A request that waits for an action must not keep this plugin from being replaced.
  reload: { strategy: 'overlap', state: 'discard' },
  config: z.object({
    role: z.string().min(1).default('admin').describe('Who may: the role'),
    answerWithinMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(3000)
      .describe('How long an action is waited for; then it is `accepted`'),
    auditFile: z.string().default('').describe('The audit trail; without, audit.jsonl of the data folder'),
  }),
  setup({ app, config, shared, audit, logger }) {
    const { role, answerWithinMs } = config
    const { host } = shared
    const { manager } = host
    const auditFile = config.auditFile || join(shared.dataFolder, 'audit.jsonl')

    const probe =
      (question: 'live' | 'ready'): Handler =>
      async ({ user }) => {
        const report = await manager.health()
        const isWell = report[question]
        // What plugins say of themselves is not for everybody.
        const body = user?.roles.includes(role) ? report : { [question]: isWell }
        return { status: isWell ? 200 : 503, headers: NOT_KEPT, body }
      }
    app.get('/livez', {}, probe('live'))
    app.get('/readyz', {}, probe('ready'))

    const show = (path: string, look: (exchange: Exchange) => object | Promise<object>) =>
      app.get(path, { roles: [role] }, async (exchange) => ({ headers: NOT_KEPT, body: await look(exchange) }))
    show('/admin/health', () => manager.health())
    show('/admin/metrics', () => manager.metrics())
    show('/admin/routes', () => ({ routes: host.routes() }))
    show('/admin/config', () => manager.configuration())
    show('/admin/handlers', () => ({ handlers: manager.handlers() }))
    show('/admin/audit', async ({ url }) => ({ entries: await trailOf(auditFile, url) }))
    show('/admin/plugins', () => ({ plugins: pluginList(host) }))
    show('/admin/plugins/:name', async ({ params: { name = '' } }) => {
      try {
        return await pluginPage(host, name)
      } catch (error) {
        const { code, message } = error as Error & { readonly code?: string }
        throw code === 'CFP_PLUGIN_UNKNOWN' ? unknownPlugin(manager, name, message) : error
      }
    })

    const act = async (action: Action, { user, params: { name = '' } }: Exchange): Promise<Answer> => {
      const by = user?.name
      const doing = perform(manager, action, name)
      doing.then(
        ({ outcome, error }) => {
          const failure = error && { outcome: 'failed' as const, reason: error.message }
          audit({ action: `plugin.${action}`, subject: name, by, ...failure })
          logger.info({ by, error }, `${action} of "${name}": ${outcome}`)
        },
        // Whoever asks is told, unless that took too long.
        (err) => logger.warn({ err, by }, `${action} of "${name}" came to nothing`),
      )
      return answerOf(manager, name, action, await answerWithin(answerWithinMs, doing))
    }
    for (const action of ACTIONS)
      app.post(`/admin/plugins/:name/${action}`, { roles: [role] }, (exchange) => act(action, exchange))
  },
})
