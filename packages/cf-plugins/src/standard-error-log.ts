// The log of a host that brings none: what went wrong, on standard error.
import { fileURLToPath } from 'node:url'
import { type Logger, PluginError } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'

/** How many lines of a stack are told: whose code threw is in the first of them. */
const FRAMES = 3

/** What the log says of a reload that took long. The first one in a process often does, for it starts the compiler: no trouble of anybody's. */
const SLOW_RELOAD = 'reload.slow'

/**
 * A logger that writes warnings and errors, an entry a line, and where in whose code an error comes from. What is no trouble it passes over.
 *
 * @param write gets a text without the end of its line. @default a line on standard error
 */
export function standardErrorLog(write: (text: string) => void = (text) => console.error(text)): Logger {
  const level =
    (mark: string) =>
    (first: string | object, message = ''): void => {
      const details = typeof first === 'string' ? {} : first
      if ('event' in details && details.event === SLOW_RELOAD) return
      write(lineOf(mark, details, typeof first === 'string' ? first : message))
    }
  const nothing = () => {}
  return { debug: nothing, info: nothing, warn: level('warning'), error: level('error') }
}

function lineOf(mark: string, { plugin, err }: { plugin?: unknown; err?: unknown }, message: string): string {
  const isOurs = err instanceof PluginError
  const code = isOurs ? ` ${err.code}` : ''
  // What the framework says of a plugin names it; what the plugin says itself need not.
  const who = typeof plugin === 'string' && !isOurs && !message.includes(`"${plugin}"`) ? ` [${plugin}]` : ''
  return [`cf-plugins ${mark}${code}${who}: ${message}`, ...framesOf(err)].join('\n')
}

/** Where an error comes from, as far as that is in nobody's package: of what the framework says, what was thrown at it. */
function framesOf(error: unknown): string[] {
  const thrown = error instanceof PluginError ? error.cause : error
  // One that the framework threw itself says where in its message, and what it stands for is told of its own.
  if (!(thrown instanceof Error) || thrown instanceof PluginError) return []
  const { stack = '' } = thrown
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at .*[/\\]/.test(line) && !/[/\\]node_modules[/\\]|node:/.test(line))
  return frames.slice(0, FRAMES).map((frame) => frame.replace(/file:\/\/[^\s)]*?(?=:\d|\)|$)/, shownUrl))
}

function shownUrl(url: string): string {
  try {
    return shownFile(fileURLToPath(url))
  } catch {
    // What names no file of this system is told as it stands.
    return url
  }
}
