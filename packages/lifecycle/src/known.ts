// Whose code runs, told while it runs.
import { standsFor } from './stands-for.ts'
import type { CodeOwner, StrayWatch } from './stray-code.ts'

/** A handler that is known as this plugin's while it runs, where the host wants to know whose errors are. */
export function known<H>(of: CodeOwner & { readonly host: { readonly strays?: StrayWatch } }, handler: H): H {
  const { strays } = of.host
  if (!strays || typeof handler !== 'function') return handler
  const run = (...args: unknown[]) => strays.run(of, () => handler(...args))
  return standsFor(handler, run) as H
}
