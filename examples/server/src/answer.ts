// How an answer, or an error, is written.
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Answer } from './exchange.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** What is written besides what the answer says. */
export interface Writing {
  /** Whether the client asked for the head alone. */
  readonly isHead: boolean
  /** Whether the connection ends with this answer. */
  readonly isLast: boolean
}

/** Writes an answer. Waits for a stream's end, and for nothing else: how fast a client reads is not its plugin's concern. */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer | undefined,
  writing: Writing,
): Promise<void> {
  const { body, headers = {}, status = body === undefined ? 204 : 200 } = answer ?? {}
  const stream = streamOf(body)
  if (response.destroyed || response.headersSent) return void stream?.destroy()
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (writing.isLast) response.setHeader('connection', 'close')
  if (body === undefined) return void response.end()
  if (!stream) {
    const [type, bytes] = bytesOf(body)
    if (!response.hasHeader('content-type')) response.setHeader('content-type', type)
    response.setHeader('content-length', bytes.length)
    return void response.end(writing.isHead ? undefined : bytes)
  }
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/octet-stream')
  if (!writing.isHead) return writeStream(response, stream)
  stream.destroy()
  response.end()
}

/**
 * Writes an error by its shape. Where an answer has begun there is nothing left but to break it off, so that nobody takes
 * a part for the whole.
 */
export function writeError(response: ServerResponse, error: ShownError, writing: Writing): void {
  if (response.headersSent) return void response.destroy()
  // What was meant for the answer that did not come about.
  for (const name of response.getHeaderNames()) if (name !== 'x-request-id') response.removeHeader(name)
  const { status, headers, ...shown } = error
  const body = JSON.stringify({ error: shown })
  response.statusCode = status
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  response.setHeader('content-type', JSON_TYPE).setHeader('content-length', Buffer.byteLength(body))
  if (writing.isLast) response.setHeader('connection', 'close')
  response.end(writing.isHead ? undefined : body)
}

/** What a client is told of an error. */
export interface ShownError {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details?: unknown
  /** Under which id it is in the log. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The stream that an answer is, where it is one. */
export function streamOf(body: Answer['body']): Readable | undefined {
  if (body instanceof Readable) return body
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return undefined
  return Symbol.asyncIterator in body ? Readable.from(body as AsyncIterable<unknown>) : undefined
}

function bytesOf(body: NonNullable<unknown> | null): [type: string, bytes: Uint8Array] {
  if (typeof body === 'string') return ['text/plain; charset=utf-8', Buffer.from(body)]
  if (body instanceof Uint8Array) return ['application/octet-stream', body]
  return [JSON_TYPE, Buffer.from(JSON.stringify(body))]
}

async function writeStream(response: ServerResponse, stream: Readable): Promise<void> {
  const end = () => void stream.destroy()
  response.once('close', end)
  try {
    for await (const chunk of stream) if (!response.write(chunk)) await drained(response)
    response.end()
  } catch (error) {
    // A stream that is destroyed because nobody reads it any more has not failed.
    if (!response.destroyed) throw error
  } finally {
    response.off('close', end)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    if (response.destroyed) resolve()
    else response.on('drain', done).on('close', done)
  })
}
