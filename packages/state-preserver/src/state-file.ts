// What a snapshot is in a file: a head, then the state, sealed with the host's key or told from a damaged one by a digest.
//
//   "cfps", format, 1 if sealed, length of the body in 6 bytes, when it was taken in 8 | guard | body
//
// The guard is a SHA-256, or nonce and tag of AES-256-GCM. It covers the head and the plugin's name too, so that a file cannot stand
// in for another plugin's. When it was taken is no part of the body, so that equal state has an equal one.
import { createCipheriv, createDecipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { type ClonedState, cloneState } from './clone-state.ts'
import { fixState } from './fixed-state.ts'
import { type FlatState, flatten, unflatten } from './flat-state.ts'
import { isShallow } from './shallow-state.ts'
import { KeptSnapshot, keptOf, type StateSnapshot } from './state-snapshot.ts'
import { fileProblem, type StoreWork } from './store-errors.ts'

/** A snapshot as a file. */
export interface StateFile {
  /** To be written one after the other. */
  readonly parts: readonly Uint8Array[]
  /** The same for the same state of the same version, and for no other. */
  readonly digest: string
}

/** The snapshot as a file, sealed where there is a key. @throws UncloneableState for one that no preserver took */
export function encodeStateFile(snapshot: StateSnapshot, key: KeyObject | undefined): StateFile {
  const { plugin, version, enabled, takenAt } = snapshot
  const kept = snapshot instanceof KeptSnapshot ? snapshot.peek() : cloneState(snapshot.state)
  const own = keptOf(snapshot, Number.POSITIVE_INFINITY)
  const state: Body = [plugin, version, enabled, ...written(kept)]
  const body = serialize(own ? [...state, own.version, ...written(own.fixed)] : state)
  const bodyDigest = digestOf(body)
  const digest = bodyDigest.toString('hex')
  const head = headOf(own ? FORMAT_OWN : FORMAT, key !== undefined, body.length, takenAt)
  if (key === undefined) return { parts: [head, digestOf(boundTo(head, plugin), bodyDigest), body], digest }
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(boundTo(head, plugin))
  const sealed = cipher.update(body)
  cipher.final()
  return { parts: [head, nonce, cipher.getAuthTag(), sealed], digest }
}

/**
 * The snapshot that a file holds.
 *
 * @throws StatePreservationError `CFP_STATE_FILE_DAMAGED`, `CFP_STATE_FILE_FORMAT`, `CFP_STATE_FILE_KEY`,
 * `CFP_STATE_FILE_NOT_AUTHENTIC`
 */
export function decodeStateFile(
  file: Buffer,
  work: StoreWork,
  key: KeyObject | undefined,
): { readonly snapshot: StateSnapshot; readonly digest: string } {
  const body = key === undefined ? openPlain(file, work) : openSealed(file, work, key)
  try {
    const snapshot = snapshotOf(deserialize(body), work.name, file.readDoubleBE(TAKEN_AT))
    return { snapshot, digest: digestOf(body).toString('hex') }
  } catch (cause) {
    // It is what was written, byte by byte, so whoever wrote it spoke another format.
    const what = 'another version of cf-plugins or of Node.js wrote what this one cannot read'
    throw fileProblem(work, 'CFP_STATE_FILE_FORMAT', what, cause)
  }
}

/** A value, and what is known of it. */
type Written = [
  bytes: number,
  isNative: boolean,
  isFlat: boolean,
  /** As it is, or flat. */
  state: unknown,
]

type Body = [plugin: string, version: number, enabled: boolean, ...Written]

/** The body, and what `context.state` held. */
type BodyWithOwn = [...Body, version: number, ...Written]

function written({ copy, bytes, isNative }: ClonedState): Written {
  // A table takes several times as long, so it is made only of what would not survive without it.
  const isFlat = !isNative || !isShallow(copy)
  return [bytes, isNative, isFlat, isFlat ? flatten(copy) : copy]
}

function read([bytes, isNative, isFlat, state]: Written): ClonedState {
  return { copy: isFlat ? unflatten(state as FlatState) : state, bytes, isNative }
}

const MAGIC = Buffer.from('cfps')
/** Without a part of `context.state`; what earlier versions read. */
const FORMAT = 1
/** With one. */
const FORMAT_OWN = 2
const TAKEN_AT = 12
const HEAD_BYTES = 20
const DIGEST_BYTES = 32
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

function headOf(format: number, isSealed: boolean, length: number, takenAt: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  MAGIC.copy(head)
  head.writeUInt8(format, 4)
  head.writeUInt8(isSealed ? 1 : 0, 5)
  head.writeUIntBE(length, 6, 6)
  head.writeDoubleBE(takenAt, TAKEN_AT)
  return head
}

function openPlain(file: Buffer, work: StoreWork): Buffer {
  const { head, guard, body } = partsOf(file, work, false)
  if (!digestOf(boundTo(head, work.name), digestOf(body)).equals(guard))
    throw fileProblem(work, 'CFP_STATE_FILE_DAMAGED', 'it was changed, or is another plugin’s')
  return body
}

function openSealed(file: Buffer, work: StoreWork, key: KeyObject): Buffer {
  const { head, guard, body } = partsOf(file, work, true)
  const decipher = createDecipheriv(CIPHER, key, guard.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(head, work.name)).setAuthTag(guard.subarray(NONCE_BYTES))
  try {
    const opened = decipher.update(body)
    decipher.final()
    return opened
  } catch (cause) {
    const what = 'the key is another one, or the file was changed, or is another plugin’s'
    throw fileProblem(work, 'CFP_STATE_FILE_NOT_AUTHENTIC', what, cause)
  }
}

function partsOf(file: Buffer, work: StoreWork, hasKey: boolean): { head: Buffer; guard: Buffer; body: Buffer } {
  const head = file.subarray(0, HEAD_BYTES)
  if (head.length < HEAD_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC))
    throw fileProblem(work, 'CFP_STATE_FILE_DAMAGED', 'it is cut short, or no state file')
  const format = head.readUInt8(4)
  if (format !== FORMAT && format !== FORMAT_OWN)
    throw fileProblem(
      work,
      'CFP_STATE_FILE_FORMAT',
      `it has format ${format}, and this version reads ${FORMAT} and ${FORMAT_OWN}`,
    )
  const isSealed = head.readUInt8(5) === 1
  if (isSealed !== hasKey) {
    const what = isSealed ? 'it is encrypted, and the host gave no key' : 'it is not encrypted, and the host gave a key'
    throw fileProblem(work, 'CFP_STATE_FILE_KEY', what)
  }
  const bodyAt = HEAD_BYTES + (isSealed ? NONCE_BYTES + TAG_BYTES : DIGEST_BYTES)
  if (file.length !== bodyAt + head.readUIntBE(6, 6))
    throw fileProblem(work, 'CFP_STATE_FILE_DAMAGED', 'its length is not what it was written with')
  return { head, guard: file.subarray(HEAD_BYTES, bodyAt), body: file.subarray(bodyAt) }
}

function digestOf(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function boundTo(head: Buffer, plugin: string): Buffer {
  return Buffer.concat([head, Buffer.from(plugin)])
}

function snapshotOf(body: unknown, name: string, takenAt: number): StateSnapshot {
  const [plugin, version, enabled, ...rest] = body as BodyWithOwn
  if (plugin !== name || typeof version !== 'number' || typeof enabled !== 'boolean')
    throw new TypeError('it holds no snapshot of this plugin')
  const ownVersion = rest[4]
  const own = ownVersion === undefined ? undefined : read(rest.slice(5) as Written)
  const kept = own && { version: ownVersion, fixed: fixState(own.copy) }
  return new KeptSnapshot({ plugin, version, enabled, takenAt }, read(rest.slice(0, 4) as Written), kept)
}
