// What a client sends: read within a limit, and checked.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { StandardIssue, StandardSchema } from 'cf-plugins'
import { HttpError } from '../plugins/_shared/http-error.ts'

/** Reads a whole body. What is too much is not kept. @throws 413, 400 where the client ends in the middle of it */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  // Told before it is sent: not a byte of it need be read.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const cut = (cause?: unknown) => reject(new HttpError(400, 'BODY_CUT', 'The body ended too early.', { cause }))
    request
      .on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= maxBytes) chunks.push(chunk)
        else {
          // The rest of it runs into nothing, so that the client gets to reading its answer.
          chunks.length = 0
          reject(tooLarge(maxBytes))
        }
      })
      .on('end', () => resolve(Buffer.concat(chunks)))
      .on('error', cut)
      .on('close', cut)
  })
}

/** @throws 413 */
export function assertSize(body: Uint8Array, maxBytes: number): void {
  if (body.length > maxBytes) throw tooLarge(maxBytes)
}

/** @throws 415 where the body is of none of `types` */
export function assertType(headers: IncomingHttpHeaders, types: readonly string[]): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    throw new HttpError(415, 'ENCODING_UNSUPPORTED', `A body in ${encoding} is not understood here. Send it as it is.`)
  const sent = headers['content-type']
  const type = sent?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (types.some((each) => (each.startsWith('+') ? type.endsWith(each) : type === each))) return
  const is = sent === undefined ? 'The body has no content-type' : `A body of type ${sent} is not understood here`
  throw new HttpError(415, 'TYPE_UNSUPPORTED', `${is}. Send ${types[0]}.`)
}

/** @throws 400 */
export function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (cause) {
    throw new HttpError(400, 'TEXT_INVALID', 'The body is no UTF-8.', { cause })
  }
}

/** Reads JSON, and has it checked. @throws 400 with every problem */
export async function jsonOf<T>(body: Uint8Array, schema: StandardSchema<unknown, T> | undefined): Promise<T> {
  const value = parsed(textOf(body))
  if (!schema) return value as T
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  const details = result.issues.map((issue) => ({ path: pathOf(issue), message: issue.message }))
  const list = details.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  throw new HttpError(400, 'BODY_INVALID', `The body is not what it must be: ${list}`, { details })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = text === '' ? 'it is empty' : (cause as Error).message
    throw new HttpError(400, 'JSON_INVALID', `The body is no JSON: ${why}`, { cause })
  }
}

function pathOf({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `The body may have ${maxBytes} bytes at most.`, { details: { maxBytes } })
}
