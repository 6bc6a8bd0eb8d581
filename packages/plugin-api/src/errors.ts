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

const KIND = Symbol.for('cf-plugins.errorKind')

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
  // Kinds are strings of their own, because a minifier renames classes, each copy in another way.
  static readonly [KIND]: string = 'PluginError'

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
    const name = `${kindOf(new.target) ?? new.target.name} [${code}]`
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    // Taken again because the first line of a stack is fixed when it is captured, and the code belongs on it.
    Error.captureStackTrace(this, new.target)
  }

  /** A class that names no kind of its own, such as a host's subclass, is told by its prototype as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const kind = kindOf(this)
    if (kind === undefined) return Function.prototype[Symbol.hasInstance].call(this, value)
    const kinds = typeof value === 'object' && value !== null && (value as { [KIND]?: unknown })[KIND]
    return Array.isArray(kinds) && kinds.includes(kind)
  }

  /** The kinds of this error, its own first. */
  get [KIND](): readonly string[] {
    const kinds: string[] = []
    for (let type: unknown = this.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
      const kind = kindOf(type)
      if (kind) kinds.push(kind)
    }
    return kinds
  }

  /** The error as plain data, for `--json` and logs. The cause is its message; stacks stay out. */
  toJSON(): Record<string, unknown> {
    const { code, message, plugin, phase, file, line, column, generation, issues, cause } = this
    const plain = { code, message, plugin, phase, file, line, column, generation, issues }
    return cause === undefined ? plain : { ...plain, cause: messageOf(cause) }
  }
}

/** A reload that did not happen, or was rolled back. */
export class HotReloadError extends PluginError {
  static override readonly [KIND]: string = 'HotReloadError'
}

/** State that could not be taken, kept or given back. */
export class StatePreservationError extends PluginError {
  static override readonly [KIND]: string = 'StatePreservationError'
}

/** The message of anything that was thrown; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return 'something that has no message'
  }
}

function kindOf(type: object): string | undefined {
  return Object.hasOwn(type, KIND) ? (type as { [KIND]?: string })[KIND] : undefined
}
