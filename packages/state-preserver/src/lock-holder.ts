// Who has a lock, so that whoever asks for it can tell whether that is itself.

/** A change, or a transaction, that has locks or waits for them. */
export class LockHolder {
  /** Whether its code runs right now: whoever asks for its lock then is that code. */
  #isCalling = false
  /** What the function is called in which its code is awaited: what that code calls has it on its stack. */
  readonly #frame: string
  readonly #await: (code: PromiseLike<unknown>) => Promise<unknown>
  #running = 0

  constructor(frame: string) {
    this.#frame = frame
    const ended = () => {
      this.#running--
    }
    const awaiting = {
      async [frame](code: PromiseLike<unknown>) {
        try {
          return await code
        } finally {
          ended()
        }
      },
    }
    this.#await = awaiting[frame] as LockHolder['await']
  }

  /** Calls its code. */
  call<T>(code: () => T): T {
    this.#isCalling = true
    try {
      return code()
    } finally {
      this.#isCalling = false
    }
  }

  /** Awaits its code so that what that calls later has the holder on its stack. */
  await<T>(code: PromiseLike<T>): Promise<T> {
    this.#running++
    return this.#await(code) as Promise<T>
  }

  /** Whether code of it has not ended, such as a change that was given up. */
  get isRunning(): boolean {
    return this.#running > 0
  }

  /**
   * Whether its code is on the way to this call, also where it awaits it. Told by the stack: an AsyncLocalStorage would slow
   * every await of the process.
   */
  get isAsking(): boolean {
    return this.#isCalling || isOnStack(this.#frame)
  }
}

/** Holders for one change after the other: a name that no function had before costs much more than one that is known. */
export class LockHolders {
  readonly #prefix: string
  readonly #free: LockHolder[] = []
  #made = 0

  /** @param prefix of names that no other host of the process has */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Runs a change with a holder of its own. */
  async with<T>(change: (holder: LockHolder) => Promise<T>): Promise<T> {
    const holder = this.#free.pop() ?? new LockHolder(`${this.#prefix}_${++this.#made}_`)
    try {
      return await change(holder)
    } finally {
      // Code that runs on must not be taken for that of somebody else.
      if (!holder.isRunning) this.#free.push(holder)
    }
  }
}

function isOnStack(frame: string): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error
  // Where intrinsics are frozen, it is ten frames in whatever form.
  Reflect.set(Error, 'stackTraceLimit', Number.POSITIVE_INFINITY)
  // A text of the stack would take several times as long, for it looks up lines.
  Reflect.set(Error, 'prepareStackTrace', (_error: Error, sites: NodeJS.CallSite[]) =>
    sites.some((site) => site.getFunctionName()?.includes(frame) === true) ? frame : '',
  )
  try {
    return String(new Error().stack).includes(frame)
  } catch {
    return false
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace)
  }
}
