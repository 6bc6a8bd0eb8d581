// What a request says that a resource is to be: the body as it is, or an envelope of JSON.
import type { ResourceContent } from 'cf-plugins'
import { z } from 'zod'
import type { Exchange } from '../../src/exchange.ts'
import { HttpError } from '../_shared/http-error.ts'

/** A resource to be, or what of one is to be another. */
export interface Draft {
  readonly content?: ResourceContent
  /** Of the content. */
  readonly contentType?: string
  /** A key whose value is `undefined` is to go. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A resource to be, whole. */
export type WholeDraft = Draft & Required<Pick<Draft, 'content'>>

/** What the plugin itself says in the metadata of each resource. */
const OWN_KEYS = ['owner', 'changedBy', 'contentType'] as const
/** The metadata of a body that is no envelope. */
export const METADATA_HEADER = 'resource-metadata'

const METADATA = 'metadata is an object'
const metadata = z.custom<Readonly<Record<string, unknown>>>(isObject, METADATA).default({})
const content = z.custom<string | object>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  'content is a text, an object or an array',
)
const contentType = z
  .string()
  .max(200)
  .regex(/^[\w.+-]+\/[\w.+-]+(?:\s*;\s*[\w-]+=[\w.+-]+)*$/, 'no media type')
const parts = { contentType: contentType.optional(), encoding: z.literal('base64').optional(), metadata }
const Created = z.strictObject({ name: z.string(), content, ...parts })
const Changed = z.strictObject({ content: content.optional(), ...parts })

/** `{ name, content, encoding?, contentType?, metadata? }` @throws 400, 413, 415 */
export async function readCreation(exchange: Exchange): Promise<readonly [name: string, draft: WholeDraft]> {
  const { name, content, ...envelope } = await exchange.json(Created)
  return [name, whole(content, envelope)]
}

/** The same without a name, all of it optional; what is `null` in the metadata is to go. @throws 400, 413, 415 */
export async function readChange(exchange: Exchange): Promise<Draft> {
  const { content, metadata: told, ...envelope } = await exchange.json(Changed)
  const kept = Object.entries(told).map(([key, value]) => [key, value === null ? undefined : value])
  const metadata = Object.fromEntries(kept)
  if (content !== undefined) return whole(content, { ...envelope, metadata })
  if (Object.keys(envelope).length === 0) return { metadata: own(metadata) }
  throw new HttpError(400, 'BODY_INVALID', 'contentType and encoding are of a content, and there is none.')
}

/** A body whose type says what it is; its metadata are in a header. @throws 400, 413, 415 */
export async function readBody(exchange: Exchange): Promise<WholeDraft> {
  const { 'content-type': told = 'application/octet-stream', [METADATA_HEADER]: header = '{}' } = exchange.headers
  if ((exchange.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new HttpError(415, 'ENCODING_UNSUPPORTED', 'Send the content as it is, without a content-encoding.')
  const { success, data: contentType } = parts.contentType.safeParse(told)
  if (!success || contentType === undefined) throw new HttpError(415, 'MEDIA_TYPE', `"${told}" is no media type.`)
  return { content: await contentOf(exchange, contentType), contentType, metadata: own(parsed(utf8(String(header)))) }
}

async function contentOf(exchange: Exchange, contentType: string): Promise<ResourceContent> {
  const [type = '', ...parameters] = contentType.toLowerCase().split(/\s*;\s*/)
  if (/[/+]json$/.test(type)) {
    const value = await exchange.json()
    if (typeof value === 'object' && value !== null) return value
    throw new HttpError(422, 'CONTENT', 'JSON that is kept is an object or an array.')
  }
  if (!type.startsWith('text/')) return exchange.bytes()
  const charset = parameters.find((each) => each.startsWith('charset='))?.slice('charset='.length) ?? 'utf-8'
  if (!['utf-8', 'utf8', 'us-ascii'].includes(charset))
    throw new HttpError(415, 'CHARSET', `Text is kept as UTF-8, and this is ${charset}. Send it as bytes.`)
  return exchange.text()
}

type Envelope = Omit<z.output<typeof Created>, 'name' | 'content'>

function whole(content: string | object, { contentType, encoding, metadata }: Envelope): WholeDraft {
  return {
    content: encoding === undefined ? content : fromBase64(content),
    ...(contentType !== undefined && { contentType }),
    metadata: own(metadata),
  }
}

function fromBase64(content: string | object): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'base64') : undefined
  // Buffer passes over whatever is no base64.
  if (bytes?.toString('base64').replace(/=+$/, '') === String(content).replace(/=+$/, '')) return bytes
  throw new HttpError(400, 'BODY_INVALID', 'content is not base64, and encoding says so.')
}

/** Node reads headers as Latin-1, and curl sends them as they are typed. */
function utf8(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? header : text
}

function parsed(header: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(header)
    if (isObject(value)) return value
  } catch {
    // Told below.
  }
  throw new HttpError(400, 'METADATA_INVALID', `${METADATA_HEADER} is no object of JSON.`)
}

/** @throws 400 where it has keys that only the plugin sets */
function own(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const taken = OWN_KEYS.filter((key) => Object.hasOwn(metadata, key))
  if (taken.length === 0) return metadata
  throw new HttpError(400, 'METADATA_RESERVED', `The server itself sets ${taken.join(', ')} in the metadata.`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
