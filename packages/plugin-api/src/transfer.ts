// What is moved to another thread, not copied.

const TRANSFER = Symbol.for('cf-plugins.transfer')

/**
 * Gives `value` back, and notes what of it is moved where it goes to another thread: whoever sent it has that no more. Where it stays in
 * its thread, nothing happens. The idea is Comlink's `transfer`.
 *
 * @param list parts of the value: buffers, ports, streams
 * @example
 * const pixels = new Uint8Array(width * height * 4)
 * return transfer(pixels, [pixels.buffer])
 */
export function transfer<T extends object>(value: T, list: readonly object[]): T {
  return Object.defineProperty(value, TRANSFER, { value: list, configurable: true })
}

/** What `transfer` noted. */
export function transferOf(value: object): readonly object[] | undefined {
  return (value as { readonly [TRANSFER]?: readonly object[] })[TRANSFER]
}
