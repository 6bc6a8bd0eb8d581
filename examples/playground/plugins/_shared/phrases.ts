// Shows a helper that two plugins use, greeter and announcer: edit it, and both are replaced as one.

const GREETING = 'Hello'

/** A greeting for one, or for all. */
export function greeting(whom: string): string {
  return `${GREETING}, ${whom}!`
}
