// The bytes of a resource's file: a line of JSON that says what it is, and the content. One file, so that nobody ever
// sees metadata of one revision with content of another.
import { createHash, randomBytes } from 'node:crypto'
import { plainJson, plainObject, wholeText } from './plain-json.ts'
import type { ResourceContent, ResourceInfo, ResourceJson, ResourceMetadata } from './resource.ts'
import { resourceError } from './resource-error.ts'

/** The most bytes of metadata, as JSON. */
export const MOST_METADATA = 64 * 1024
/** The longest first line of a file. */
export const MOST_HEAD = MOST_METADATA + 4096

/** The first line. */
export interface Head extends ResourceInfo {
  readonly resource: 1
  /** Of the content, in hex. */
  readonly sha256: string
  /** It stands for no content: whoever made it is about to delete the resource. */
  readonly deletes?: true
}

/** Content as it is written. */
export interface Encoded {
  readonly kind: ResourceInfo['kind']
  readonly bytes: Uint8Array
  readonly sha256: string
}

/** A copy of the content. @throws `CFP_RESOURCE_CONTENT`, `CFP_RESOURCE_TOO_LARGE` */
export function encode(content: ResourceContent, maxBytes: number): Encoded {
  const [kind, bytes] = bytesOf(content)
  if (bytes.length > maxBytes) {
    throw resourceError(
      'CFP_RESOURCE_TOO_LARGE',
      `The content has ${bytes.length} bytes, and ${maxBytes} are allowed. Keep less, or raise maxBytes.`,
    )
  }
  return { kind, bytes, sha256: hashOf(bytes) }
}

/** What content was written as these bytes. */
export function decode(kind: ResourceInfo['kind'], bytes: Uint8Array): string | Uint8Array | ResourceJson {
  if (kind === 'bytes') return bytes
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return kind === 'text' ? text : (JSON.parse(text) as ResourceJson)
}

/** A copy. @throws `CFP_RESOURCE_CONTENT`, `CFP_RESOURCE_TOO_LARGE` */
export function checkedMetadata(metadata: object): ResourceMetadata {
  const copy = plainObject(metadata, 'metadata')
  const size = Buffer.byteLength(JSON.stringify(copy))
  if (size > MOST_METADATA) {
    throw resourceError(
      'CFP_RESOURCE_TOO_LARGE',
      `The metadata has ${size} bytes as JSON, and ${MOST_METADATA} are allowed. Keep what is large as content.`,
    )
  }
  return copy
}

/** Another revision than any before: what comes after `revision`. */
export function revisionAfter(revision = '0'): string {
  return `${Number.parseInt(revision, 10) + 1}-${randomBytes(6).toString('hex')}`
}

export function headLine(head: Head): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n`)
}

/** What a first line says; nothing where it is none. */
export function readHeadLine(line: string): Head | undefined {
  let head: Partial<Head> | null
  try {
    head = JSON.parse(line)
  } catch {
    return undefined
  }
  return isHead(head) ? head : undefined
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What others see of a head. */
export function infoOf({ name, metadata, revision, kind, size, createdAt, updatedAt }: ResourceInfo): ResourceInfo {
  return { name, metadata, revision, kind, size, createdAt, updatedAt }
}

const KINDS: readonly unknown[] = ['text', 'bytes', 'json']

function isHead(head: Partial<Head> | null): head is Head {
  if (typeof head !== 'object' || head?.resource !== 1) return false
  const { name, revision, kind, size, sha256, createdAt, updatedAt, metadata } = head
  const texts = [name, sha256, createdAt, updatedAt]
  const isMade = texts.every((text) => typeof text === 'string') && KINDS.includes(kind) && Number.isSafeInteger(size)
  // A part of the names of files.
  const isRevision = typeof revision === 'string' && /^\d{1,15}-[0-9a-f]{12}$/.test(revision)
  return isMade && isRevision && typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
}

function bytesOf(content: ResourceContent): [ResourceInfo['kind'], Uint8Array] {
  if (typeof content === 'string') return ['text', Buffer.from(wholeText(content, 'content'))]
  if (content instanceof Uint8Array) return ['bytes', Uint8Array.from(content)]
  if (typeof content === 'object' && content !== null)
    return ['json', Buffer.from(JSON.stringify(plainJson(content, 'content')))]
  throw resourceError(
    'CFP_RESOURCE_CONTENT',
    `content is ${content === null ? 'null' : typeof content}: give text, bytes, or a plain object or array.`,
  )
}
