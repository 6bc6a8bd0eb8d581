// An error, for people.
import type { PluginError } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
import type { Theme } from './theme.ts'

/** `error CODE: message`, then where, then, where `verbose`, the stacks of it and its causes. */
export function renderError(
  error: PluginError,
  { theme, verbose = false }: { readonly theme: Theme; readonly verbose?: boolean },
): string {
  const { code, message } = error
  const lines = [`${theme.bad('error')} ${theme.strong(code)}: ${message}`]
  const place = placeOf(error)
  if (place !== undefined && !message.includes(place)) lines.push(theme.faint(`  at ${place}`))
  if (verbose) for (const stack of stacksOf(error)) lines.push(theme.faint(stack))
  return `${lines.join('\n')}\n`
}

/** File, line and column, as far as they are known; the file from the working directory where it is in there. */
function placeOf({ file, line, column }: PluginError): string | undefined {
  if (file === undefined) return undefined
  return [shownFile(file), line, column].filter((part) => part !== undefined).join(':')
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = []
  const seen = new Set<unknown>()
  for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at)
    if (at.stack !== undefined) stacks.push(at.stack.replaceAll(/^/gm, '  '))
  }
  return stacks
}
