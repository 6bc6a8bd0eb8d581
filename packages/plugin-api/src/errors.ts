// The one error class of the house, and its kinds.

/** Where an error happened, as far as it is known. */
export interface PluginErrorDetails {
  /** The plugin's name. */
  readonly plugin?: string | undefined
  /** What was being done: `'discover'`, `'load'`, `'validate'`, `'resolve'`, `'register'`, `'setup'`, `'teardown'`, ... */
  readonly phase?: string | undefined
  /** Absolute path of the file that is to blame. */
  readonly file?: string | undefined
  /** Line in `file`, from 1. */
  readonly line?: number | undefined
  /** Column in `file`, from 1. */
  readonly column?: number | undefined
  /** Which load of the plugin's code, from 1. */
  readonly generation?: number | undefined
  /** Everything that is wrong, where one error reports several problems. */
  readonly issues?: readonly PluginIssue[] | undefined
  readonly cause?: unknown
}

/** One problem among several that an error reports at once. */
export interface PluginIssue {
  /** Path of the offending value, such as `dependencies.database`. Empty for the whole. */
  readonly path: string
  readonly message: string
}

const BRAND = Symbol.for('cf-plugins.PluginError')

/**
 * What every package of cf-plugins throws: a stable `code`, where it happened, and a message that says what
 * happened, where, and what to do.
 *
 * `instanceof` holds across duplicate copies of this package, by a `Symbol.for` brand (after undici's errors).
 *
 * @example
 * if (error instanceof PluginError && error.code === 'CFP_SETUP_TIMEOUT') retryLater(error.plugin)
 */
export class PluginError extends Error implements PluginErrorDetails {
  readonly code: string
  readonly plugin: string | undefined
  readonly phase: string | undefined
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly generation: number | undefined
  readonly issues: readonly PluginIssue[] | undefined

  constructor(code: string, message: string, details: PluginErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.plugin = details.plugin
    this.phase = details.phase
    this.file = details.file
    this.line = details.line
    this.column = details.column
    this.generation = details.generation
    this.issues = details.issues
    Object.defineProperty(this, 'name', { value: `${new.target.name} [${code}]`, configurable: true, writable: true })
    // Taken again because the first line of a stack is fixed when it is captured, and the code belongs on it.
    Error.captureStackTrace(this, new.target)
  }

  get [BRAND](): string[] {
    return brandsOf(this)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const brands = (value as { [BRAND]?: unknown })[BRAND]
    return Array.isArray(brands) && brands.includes(this.name)
  }

  /** The error as plain data, for `--json` and logs. The cause is its message; stacks stay out. */
  toJSON(): Record<string, unknown> {
    const { code, message, plugin, phase, file, line, column, generation, issues, cause } = this
    const plain = { code, message, plugin, phase, file, line, column, generation, issues }
    return cause === undefined ? plain : { ...plain, cause: cause instanceof Error ? cause.message : String(cause) }
  }
}

/** A reload that did not happen, or was rolled back. */
export class HotReloadError extends PluginError {}

/** State that could not be taken, kept or given back. */
export class StatePreservationError extends PluginError {}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function brandsOf(error: PluginError): string[] {
  const names: string[] = []
  for (let type = Object.getPrototypeOf(error); type && type !== Error.prototype; type = Object.getPrototypeOf(type)) {
    names.push(type.constructor.name)
  }
  return names
}
