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
  static override readonly [Symbol.hasInstance] = isOfKind

  readonly code: string
  declare readonly plugin: string | undefined
  declare readonly phase: string | undefined
  declare readonly file: string | undefined
  declare readonly line: number | undefined
  declare readonly column: number | undefined
  declare readonly generation: number | undefined
  declare readonly issues: readonly PluginIssue[] | undefined

  constructor(code: string, message: string, details: PluginErrorDetails = {}) {
    super(message, details)
    Object.assign(this, details)
    this.code = code
    // Taken again because the first line of a stack is fixed when it is captured, and the code belongs on it.
    Error.captureStackTrace(this, new.target)
  }

  /** The error's kind and code, as stacks begin. */
  override get name(): string {
    return `${kindOf(this.constructor) || this.constructor.name} [${this.code}]`
  }

  /** The error as plain data, for `--json` and logs. The cause is its message; stacks stay out. */
  toJSON(): Record<string, unknown> {
    const { message, cause } = this
    return { ...(this as object), message, ...(cause !== undefined && { cause: messageOf(cause) }) }
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
    return String((thrown as Error | undefined)?.message ?? thrown)
  } catch {
    return 'unknown'
  }
}

/** A class that names no kind of its own, such as a host's subclass, is told by its prototype as usual. */
function isOfKind(this: object, value: unknown): boolean {
  const kind = kindOf(this)
  if (!kind) return Function[Symbol.hasInstance].call(this, value)
  let type = (value as object | undefined | null)?.constructor
  while (typeof type === 'function' && kindOf(type) !== kind) type = Object.getPrototypeOf(type)
  return typeof type === 'function'
}

function kindOf(type: object): string | false | undefined {
  return Object.hasOwn(type, KIND) && (type as { [KIND]?: string })[KIND]
}
