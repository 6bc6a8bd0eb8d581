// SHA-256, by a module that takes 5 ms to load: a start from a warm cache needs none.
/** In hex. */
export function sha256(content: Uint8Array): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', content, 'hex')
}
