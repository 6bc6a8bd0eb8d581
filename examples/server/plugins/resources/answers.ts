// Resources as clients see them.
import type { Resource, ResourceInfo, ResourceList } from 'cf-plugins'
import type { Answer, Exchange } from '../../src/exchange.ts'
import { etagOf, isKnown } from './conditions.ts'
import { METADATA_HEADER } from './draft.ts'

const TYPES = { text: 'text/plain; charset=utf-8', json: 'application/json', bytes: 'application/octet-stream' }
/** What is longer does not fit into headers everywhere; `?view=info` has it. */
const HEADER_MAX = 4096

/** The content, or, where the client has this revision already, that it has. */
export function contentAnswer({ headers: asked }: Exchange, resource: Resource): Answer {
  const metadata = asciiJson(resource.metadata)
  const headers = {
    ...headersOf(resource),
    'content-type': typeOf(resource),
    // Whatever people upload, a browser that opens it runs no code of it here.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    ...(metadata.length <= HEADER_MAX && { [METADATA_HEADER]: metadata }),
  }
  if (isKnown(asked, resource.revision)) return { status: 304, headers: headersOf(resource) }
  return { headers, body: resource.kind === 'json' ? JSON.stringify(resource.content) : resource.content }
}

/** What is known of it, without the content. */
export function infoAnswer({ headers: asked }: Exchange, info: ResourceInfo): Answer {
  if (isKnown(asked, info.revision)) return { status: 304, headers: headersOf(info) }
  return { headers: headersOf(info), body: infoOf(info) }
}

/** What a change has come to. */
export function changeAnswer(status: 200 | 201, info: ResourceInfo): Answer {
  const location = `/resources/${info.name.split('/').map(encodeURIComponent).join('/')}`
  return { status, headers: { ...headersOf(info), location }, body: infoOf(info) }
}

/** A page of a list, with the way to the next one. */
export function listAnswer({ url }: Exchange, { resources, next }: ResourceList): Answer {
  const body = { resources: resources.map(infoOf), ...(next !== undefined && { next }) }
  if (next === undefined) return { body }
  const query = new URLSearchParams(url.searchParams)
  query.set('after', next)
  return { headers: { link: `<${url.pathname}?${query}>; rel="next"` }, body }
}

function infoOf({ name, kind, size, revision, metadata, createdAt, updatedAt }: ResourceInfo) {
  return { name, kind, size, revision, metadata, createdAt, updatedAt }
}

function headersOf({ revision, updatedAt }: ResourceInfo) {
  return {
    etag: etagOf(revision),
    'last-modified': new Date(updatedAt).toUTCString(),
    // To be asked again each time: an ETag makes that cheap.
    'cache-control': 'private, no-cache',
  }
}

function typeOf({ metadata, kind }: ResourceInfo): string {
  return typeof metadata.contentType === 'string' ? metadata.contentType : TYPES[kind]
}

/** JSON in the letters that a header may have. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
