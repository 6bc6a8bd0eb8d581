// Node's buffers as they cross: a clone of one is a bare Uint8Array, and has the whole memory with it that small buffers share.
import { transferOf } from '@cf-plugins/plugin-api/host'

/** The bytes of a buffer, and no more memory than that; its own memory where that is moved. */
export function packBuffer(buffer: Buffer): Uint8Array {
  const isWhole = buffer.byteLength === buffer.buffer.byteLength
  return isWhole || transferOf(buffer) !== undefined ? buffer : Uint8Array.prototype.slice.call(buffer)
}

/** The bytes as a buffer again. */
export function unpackBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
