// What may be done to plugins, and what is answered.
import { setTimeout as sleep } from 'node:timers/promises'
import { nearestName } from 'cf-plugins'
import type { Answer } from '../../src/exchange.ts'
import type { HostControl } from '../../src/shared.ts'
import { HttpError } from '../_shared/http-error.ts'
import { errorView, reloadView } from './views.ts'

export const ACTIONS = ['enable', 'disable', 'reload'] as const
export type Action = (typeof ACTIONS)[number]

/** What an action has come to. */
interface Done {
  readonly status: 200 | 202 | 409 | 500 | 503
  readonly outcome: string
  readonly error?: ReturnType<typeof errorView>
  readonly report?: ReturnType<typeof reloadView>
}

const ACCEPTED: Done = { status: 202, outcome: 'accepted' }
const STATUS_OF: Readonly<Record<string, Done['status']>> = {
  failed: 500,
  kept: 409,
  'rolled-back': 409,
  accepted: 202,
}

/** Does it. Never rejects but where there is no such plugin. @throws 404 with the name that was probably meant */
export async function perform(manager: HostControl, action: Action, name: string): Promise<Done> {
  try {
    if (action === 'reload') {
      const report = await manager.reload(name)
      const error = report.error && errorView(report.error)
      const status = STATUS_OF[report.outcome] ?? 200
      return { status, outcome: report.outcome, ...(error && { error }), report: reloadView(report) }
    }
    await manager[action](name)
    // Whoever is in what is switched off cannot wait for it: it has been accepted, and is still on.
    const isLater = action === 'disable' && manager.status(name).state === 'active'
    return isLater ? ACCEPTED : { status: 200, outcome: 'done' }
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string }
    if (code === 'CFP_PLUGIN_UNKNOWN') throw unknownPlugin(manager, name, message)
    if (!code?.startsWith('CFP_')) throw error
    const isOver = code === 'CFP_STOPPED' || code === 'CFP_RELOAD_STOPPED'
    return { status: isOver ? 503 : 409, outcome: 'failed', error: errorView(error as Error) }
  }
}

/**
 * Waits for an action, and not for ever: a plugin that is replaced waits for what is under way in it, and an answer
 * may be on a connection that is to be closed.
 */
export async function answerWithin(boundMs: number, doing: Promise<Done>): Promise<Done> {
  const over = new AbortController()
  const later = sleep(boundMs, ACCEPTED, { signal: over.signal })
  try {
    return await Promise.race([doing, later])
  } finally {
    over.abort()
    // The bound that nobody waits for any more.
    await later.catch(() => {})
  }
}

/** The answer to who asked. */
export function answerOf(manager: HostControl, plugin: string, action: Action, done: Done): Answer {
  const { status, outcome, error, report } = done
  const { state } = manager.explain(plugin)
  return {
    status,
    headers: { 'cache-control': 'no-store' },
    body: { plugin, action, outcome, state, ...(error && { error }), ...(report && { report }) },
  }
}

/** 404, with the name that was probably meant. */
export function unknownPlugin(manager: HostControl, name: string, message: string): HttpError {
  const nearest = nearestName(
    name,
    [...manager.ordered(), ...manager.absent()].map(({ plugin }) => plugin),
  )
  return new HttpError(404, 'CFP_PLUGIN_UNKNOWN', message, nearest === undefined ? {} : { details: { nearest } })
}
