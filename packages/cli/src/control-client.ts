// Asks a running host.
import { connect } from 'node:net'
import { PluginError } from 'cf-plugins'

/** How long a host may take to answer, in milliseconds: longer than any reload may. */
const ANSWER_MS = 60_000

/**
 * One request, and its answer.
 *
 * @throws `CFP_CLI_NO_HOST`, `CFP_CLI_HOST_SILENT`, `CFP_CLI_HOST_ANSWER`, or the host's own error
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
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.setEncoding('utf8')
    socket.on('error', (cause) =>
      fail('CFP_CLI_NO_HOST', 'No host runs on these folders. Start one with: cf run <folder>', cause),
    )
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('end', () => {
      let answer: { result?: unknown; error?: { code?: unknown; message?: unknown; plugin?: string; file?: string } }
      try {
        answer = JSON.parse(text)
      } catch (cause) {
        return fail('CFP_CLI_HOST_ANSWER', 'What answered is no host of this version.', cause)
      }
      const { error } = answer
      if (!error) return end(() => resolve(answer.result))
      const { plugin, file } = error
      end(() => reject(new PluginError(String(error.code), String(error.message), { plugin, file })))
    })
    socket.write(`${JSON.stringify({ method, params })}\n`)
  })
}
