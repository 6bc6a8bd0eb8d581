// What a client is told of what went wrong.
import type { ServerResponse } from 'node:http'
import { HttpError } from '../plugins/_shared/http-error.ts'
import type { ShownError } from './answer.ts'

const RETRY = { 'retry-after': '1' }

/** Codes of errors that say no more than: not just now. */
const NOT_NOW: ReadonlySet<unknown> = new Set([
  'CFP_NOT_ACTIVE',
  'CFP_PLUGIN_BUSY',
  'CFP_PLUGIN_RELOADING',
  'CFP_GENERATION_RETIRED',
  'CFP_STOPPED',
])

/** Errors of handlers have many classes, for each generation of a plugin has its own: they are told by their members. */
interface Shape {
  readonly status?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly details?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly failures?: readonly { readonly error: unknown }[]
}

/** A plugin that has a route does not answer: it is disabled, failed, waits for another one, or too much waits for it. */
export function notServing(plugin: string, cause?: unknown): HttpError {
  const isBusy = (cause as Shape | undefined)?.code === 'CFP_PLUGIN_BUSY'
  const code = isBusy ? 'BUSY' : 'UNAVAILABLE'
  const message = isBusy
    ? `Too many requests wait for the plugin "${plugin}".`
    : `The plugin "${plugin}" does not answer just now.`
  return new HttpError(503, code, message, { headers: RETRY, details: { plugin }, cause })
}

/** What a listener of a hook threw that was meant for the client, or else what failed first. */
export function failedHook(error: unknown): unknown {
  const failures = (error as Shape | null)?.failures ?? []
  const meant = failures.find((failure) => isMeant(failure.error))
  return meant?.error ?? failures[0]?.error ?? error
}

/** What the client is told. Of an error that was not meant for it, only under which id it is in the log. */
export function shownOf(error: unknown, id: string | undefined): ShownError {
  const { status, code, message, details, headers } = (error ?? {}) as Shape
  if (isMeant(error)) {
    const shown = {
      status: status as number,
      code: String(code ?? 'ERROR'),
      message: String(message),
      ...(headers && { headers }),
    }
    const known = details === undefined ? shown : { ...shown, details }
    return (status as number) >= 500 && id !== undefined ? { ...known, id } : known
  }
  const told = id === undefined ? {} : { id }
  if (NOT_NOW.has(code))
    return { status: 503, code: 'UNAVAILABLE', message: 'Not just now. Try again.', headers: RETRY, ...told }
  return { status: 500, code: 'INTERNAL', message: 'Something went wrong here. The log has it.', ...told }
}

/** Whether an error came of nothing but the client's going. */
export function isOfClient(error: unknown, response: ServerResponse): boolean {
  return response.destroyed && (error as Shape | null)?.code === 'CLIENT_GONE'
}

function isMeant(error: unknown): boolean {
  const { status } = (error ?? {}) as Shape
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
}
