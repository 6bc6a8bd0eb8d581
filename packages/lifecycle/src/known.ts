// Whose code runs, told while it runs.
import type { CodeOwner, StrayWatch } from './stray-code.ts'

/** A handler that is known as this plugin's while it runs, where the host wants to know whose errors are. */
export function known<H>(of: CodeOwner & { readonly host: { readonly strays?: StrayWatch } }, handler: H): H {
  const { strays } = of.host
  if (!strays || typeof handler !== 'function') return handler
  const run = (...args: unknown[]) => strays.run(of, () => handler(...args))
  // What is asked of a handler is its number of parameters: hooks refuse one that has too many.
  return Object.defineProperty(run, 'length', { value: handler.length }) as H
}
