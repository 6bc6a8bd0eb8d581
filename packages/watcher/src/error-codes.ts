// Every error code of this package, with when it happens and what to do.

/** The codes that a {@link WatcherError} of this package carries. */
export const WatcherErrorCodes = {
  CFP_WATCH_OPTIONS:
    'An option of ReloadTrigger is not what it must be: the message names it and says what is expected.',
  CFP_WATCH_STARTED: 'start() was called twice: call it once.',
  CFP_WATCH_STOPPED: 'start() was called after stop(), or ended by it: make a new ReloadTrigger for a second run.',
  CFP_WATCH_START_TIMEOUT:
    'The folders were not armed within startTimeoutMs: see that they answer (a network drive?), or raise it.',
  CFP_WATCH_NEVER_SETTLES:
    'A file kept changing for settleTimeoutMs: find what writes to it; it is reported as soon as it rests.',
  CFP_WATCH_UNREADABLE:
    'A changed file could not be read: give the process read permission; the next change of it is looked at.',
  CFP_WATCH_POLLING:
    'The system has no file watches left, so that a folder is polled: raise fs.inotify.max_user_watches, or watch fewer folders.',
  CFP_WATCH_FAILED: 'The system refused to watch a folder, so that it is polled, or to poll it: the cause tells why.',
  CFP_WATCH_CALLBACK_FAILED:
    'A callback given to ReloadTrigger threw or rejected: mend the callback; watching goes on.',
} as const satisfies Record<string, string>

/** One of the keys of {@link WatcherErrorCodes}. */
export type WatcherErrorCode = keyof typeof WatcherErrorCodes
