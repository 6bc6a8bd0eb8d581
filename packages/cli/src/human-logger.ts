// A log for people: one line an entry.
import type { Logger } from 'cf-plugins'
import type { OutputStream, Theme } from './theme.ts'

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** From which level on entries are written. */
export type LogLevel = (typeof LEVELS)[number]

/** Whether a word is a log level. */
export function isLogLevel(word: string): word is LogLevel {
  return (LEVELS as readonly string[]).includes(word)
}

/** A logger that writes one line an entry: level, plugin, message. The details are for machines and stay out. */
export function humanLogger(options: {
  readonly stream: OutputStream
  readonly level: LogLevel
  readonly theme: Theme
  readonly bindings?: Readonly<Record<string, unknown>>
}): Logger {
  const { stream, level, theme, bindings = {} } = options
  const marks = {
    debug: theme.faint('debug'),
    info: theme.accent('info '),
    warn: theme.warning('warn '),
    error: theme.bad('error'),
  }
  const write = (at: keyof typeof marks, details: object, message: string) => {
    if (LEVELS.indexOf(at) < LEVELS.indexOf(level)) return
    const { plugin } = { ...bindings, ...details } as { plugin?: unknown }
    const who = plugin === undefined ? '' : `${theme.faint(`[${plugin}]`)} `
    // One entry is one line, whatever a plugin says.
    stream.write(`${marks[at]} ${who}${message.replaceAll(/[\r\n]+\s*/g, ' ')}\n`)
  }
  const entry =
    (at: keyof typeof marks) =>
    (first: string | object, message = ''): void =>
      typeof first === 'string' ? write(at, {}, first) : write(at, first, message)
  return {
    debug: entry('debug'),
    info: entry('info'),
    warn: entry('warn'),
    error: entry('error'),
    child: (more) => humanLogger({ ...options, bindings: { ...bindings, ...more } }),
  }
}
