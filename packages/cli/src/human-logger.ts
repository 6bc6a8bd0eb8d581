// A log for people: one line an entry.
import { type Logger, PluginError } from '@cf-plugins/plugin-api'
import type { OutputStream, Theme } from './theme.ts'

/** The levels, from the talkative one on. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** From which level on entries are written. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A logger that writes one line an entry: level, plugin, message. The details are for machines and stay out. */
export function humanLogger(options: {
  readonly stream: OutputStream
  readonly level: LogLevel
  readonly theme: Theme
  readonly bindings?: Readonly<Record<string, unknown>>
  /** Entries about these errors, in `err`, are left out: they are told elsewhere. Gets the entry's details, too. @default none */
  readonly isTold?: (error: unknown, details: Readonly<Record<string, unknown>>) => boolean
}): Logger {
  const { stream, level, theme, bindings = {}, isTold } = options
  const marks = {
    debug: theme.faint('debug'),
    info: theme.accent('info '),
    warn: theme.warning('warn '),
    error: theme.bad('error'),
  }
  const write = (at: keyof typeof marks, details: object, message: string) => {
    if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return
    const all: Readonly<Record<string, unknown>> = { ...bindings, ...details }
    const { plugin, err } = all
    if (err !== undefined && isTold?.(err, all)) return
    const who = plugin === undefined ? '' : `${theme.faint(`[${plugin}]`)} `
    const code = err instanceof PluginError ? `${err.code}: ` : ''
    // One entry is one line, whatever a plugin says.
    stream.write(`${marks[at]} ${who}${code}${message.replaceAll(/[\r\n]+\s*/g, ' ')}\n`)
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
