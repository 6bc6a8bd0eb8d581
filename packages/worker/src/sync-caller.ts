// Calls for which a thread waits, while the host's loop answers them.

/** A thread's way to ask the host and go on with the answer in hand. */
export class SyncCaller {
  /**
   * Asks the host, and waits.
   *
   * @throws what the host throws; `CFP_WORKER_TIMEOUT` where the host does not answer in time; `CFP_WORKER_NOT_CLONEABLE`
   */
  call(op: string, args: readonly unknown[]): unknown {
    throw new Error(`not yet: ${op} ${args.length}`)
  }
}
