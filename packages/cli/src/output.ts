// What a command says, to people or to programs.
import { type Logger, messageOf, PluginError } from '@cf-plugins/plugin-api'
import { humanLogger, type LogLevel } from './human-logger.ts'
import { plainError } from './plain-error.ts'
import { renderError } from './render-error.ts'
import { createTheme, type OutputStream, type Theme } from './theme.ts'

/** How a command speaks. */
export interface OutputOptions {
  /** One JSON value a line on `stdout`, and no text for people there. @default false */
  readonly json?: boolean | undefined
  /** Stacks of errors, and every log entry. @default false */
  readonly verbose?: boolean | undefined
  /** From which level on log entries are written. @default 'debug' where `verbose`, else 'warn' */
  readonly logLevel?: LogLevel | undefined
  /** @default process.stdout */
  readonly stdout?: OutputStream
  /** @default process.stderr */
  readonly stderr?: OutputStream
}

/** Results go to `stdout`, errors and logs to `stderr`; with `json`, errors are results too. */
export class Output {
  readonly json: boolean
  readonly verbose: boolean
  readonly logLevel: LogLevel
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** For `stdout`. */
  readonly theme: Theme
  /** For `stderr`. */
  readonly errorTheme: Theme

  constructor(options: OutputOptions = {}) {
    const { json = false, verbose = false, stdout = process.stdout, stderr = process.stderr } = options
    this.json = json
    this.verbose = verbose
    this.logLevel = options.logLevel ?? (verbose ? 'debug' : 'warn')
    this.stdout = stdout
    this.stderr = stderr
    this.theme = createTheme(stdout)
    this.errorTheme = createTheme(stderr)
  }

  /** A result: what `data` gives as a line of JSON, or else what `text` gives. */
  result(data: () => unknown, text: () => string): void {
    if (this.json) this.stdout.write(`${JSON.stringify(data())}\n`)
    else this.stdout.write(text())
  }

  /** A log on `stderr`, or another stream, without the errors that `isTold` knows. */
  logger(stream: OutputStream = this.stderr, isTold?: (error: unknown) => boolean): Logger {
    return humanLogger({
      stream,
      level: this.logLevel,
      theme: this.errorTheme,
      // Who did not start is in the report, which each command tells in its own way.
      isTold: (error, { event }) => event === 'start.failed' || isTold?.(error) === true,
    })
  }

  /** An error: the one form in which cf tells them. With `json`, `event` comes before it. */
  error(thrown: unknown, event: Readonly<Record<string, unknown>> = {}): void {
    const stream = this.json ? this.stdout : this.stderr
    stream.write(this.errorLine(thrown, event))
  }

  /** What `error` writes. */
  errorLine(thrown: unknown, event: Readonly<Record<string, unknown>> = {}): string {
    const error = toPluginError(thrown)
    if (this.json) return `${JSON.stringify({ ...event, error: plainError(error) })}\n`
    return renderError(error, { theme: this.errorTheme, verbose: this.verbose })
  }
}

function toPluginError(thrown: unknown): PluginError {
  return thrown instanceof PluginError
    ? thrown
    : new PluginError('CFP_CLI_UNEXPECTED', messageOf(thrown), { cause: thrown })
}
