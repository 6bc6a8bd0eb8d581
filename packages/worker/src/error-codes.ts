// Every error code of this package, and what to do about each.

/** Codes of the errors that this package throws or reports, each with when it happens and what to do. */
export const WorkerErrorCodes = {
  CFP_OFFLOAD_NOT_EXPORTED:
    'A handler with offload is no function that the entry file exports. Export it, or run the whole plugin in a thread.',
  CFP_WORKER_NOT_CLONEABLE: 'A value that goes to another thread cannot be copied: the message says where in it.',
  CFP_WORKER_TIMEOUT:
    'A call took longer than its deadline; if its thread did not answer any more, that was ended. Raise the deadline, or do less.',
  CFP_WORKER_ENDED:
    'A thread ended in mid-call: it crashed, exited, or another call of it blocked past its deadline. See the cause.',
  CFP_WORKER_OUT_OF_MEMORY: "A thread's heap grew past its limit. Raise worker.heapMb, or keep less in memory.",
  CFP_WORKER_QUEUE_FULL: "More calls wait for a plugin's threads than may. Call less, or raise the host's limit.",
  CFP_WORKER_NO_FILE: 'A plugin that was added by value cannot run in a thread. Put it into a file.',
  CFP_WORKER_UNSUPPORTED: 'A thread cannot have what was asked of the context. The message says what to do instead.',
  CFP_WORKER_START_FAILED: "A thread did not start, or could not load the plugin's code. See the cause.",
  CFP_WORKER_UNSTABLE: "A plugin's threads kept ending, and it was switched off. Mend it, and save or enable it.",
  CFP_WORKER_OPTIONS: 'An option of the threads is not what it must be: the message names it.',
} as const

/** The codes that errors of this package carry. */
export type WorkerErrorCode = keyof typeof WorkerErrorCodes
