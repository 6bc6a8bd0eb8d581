// Asks a running host.
import { connect } from 'node:net'
import { PluginError } from '@cf-plugins/plugin-api'
import { fromPlainError, type PlainError } from './plain-error.ts'

/** How long a host may take to answer, in milliseconds: longer than any reload may. */
const ANSWER_MS = 60_000

/**
 * One request, and its answer.
 *
 * @throws `CFP_CLI_NO_HOST`, `CFP_CLI_HOST_SILENT`, `CFP_CLI_HOST_ANSWER`, `CFP_CLI_SOCKET`, or the host's own error
 */
export function askHost(
  address: string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  { timeoutMs = ANSWER_MS, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(address)
    let text = ''
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      settle()
    }
    const fail = (code: string, message: string, cause?: unknown) =>
      end(() => reject(new PluginError(code, message, { cause })))
    const timer = setTimeout(
      () => fail('CFP_CLI_HOST_SILENT', `The host did not answer within ${timeoutMs / 1000} s.`),
      timeoutMs,
    )
    const onAbort = () => fail('CFP_CLI_HOST_SILENT', 'The request was cancelled.', signal?.reason)
    let isConnected = false
    socket.setEncoding('utf8')
    socket.on('connect', () => {
      isConnected = true
    })
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      if (isConnected) fail('CFP_CLI_HOST_ANSWER', `The host ended before it answered: ${cause.message}.`, cause)
      else if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED')
        fail('CFP_CLI_NO_HOST', 'No host runs on these folders. Start one with: cf run <folder>', cause)
      else fail('CFP_CLI_SOCKET', `The socket of the host cannot be reached: ${cause.message}.`, cause)
    })
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('end', () => {
      let answer: { result?: unknown; error?: PlainError }
      try {
        answer = JSON.parse(text)
      } catch (cause) {
        const why = text === '' ? 'The host ended before it answered.' : 'What answered is no host of this version.'
        return fail('CFP_CLI_HOST_ANSWER', why, cause)
      }
      const { error } = answer
      end(() => (error ? reject(fromPlainError(error)) : resolve(answer.result)))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) return onAbort()
    socket.write(`${JSON.stringify({ method, params })}\n`)
  })
}
