// A handler's answer, waited for as long as there is somebody to be given it.
import type { ServerResponse } from 'node:http'
import { PluginError } from 'cf-plugins'
import { streamOf } from './answer.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { Route } from './route-table.ts'

/** How long a handler may go on once its client is gone, in milliseconds. Until then its plugin is not replaced. */
export const GRACE_MS = 5000

/**
 * What a route's handler answers.
 *
 * @throws what the handler throws; `HANDLER_LEFT` where it goes on although its client is gone: no new version of its
 * plugin is to wait for it for ever
 */
export function answerOf(
  { handler, method, path, plugin }: Route,
  exchange: Exchange,
  response: ServerResponse,
  graceMs = GRACE_MS,
): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isLeft = false
    const leave = () => {
      isLeft = true
      const message = `The handler of ${method} ${path} of plugin "${plugin}" still runs ${graceMs / 1000} s after its client went. It is left to itself; have it heed exchange.signal.`
      reject(new PluginError('HANDLER_LEFT', message, { plugin }))
    }
    const gone = () => {
      timer = setTimeout(leave, graceMs)
    }
    const end = () => {
      clearTimeout(timer)
      response.off('close', gone)
    }
    if (response.closed) gone()
    else response.once('close', gone)
    // In a promise of its own, so that what it throws at once goes the same way.
    const answering = (async () => (await handler(exchange)) ?? undefined)()
    answering.then(
      (answer) => {
        end()
        if (isLeft) streamOf(answer?.body)?.destroy()
        resolve(answer)
      },
      (error) => {
        end()
        reject(error)
      },
    )
  })
}
