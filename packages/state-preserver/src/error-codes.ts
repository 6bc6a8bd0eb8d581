// Every error code of this package, with when it appears and what to do about it.

/** Codes of the errors that this package throws, all of them `StatePreservationError`s. */
export const StatePreserverErrorCodes = {
  CFP_STATE_ABORTED:
    'The signal was aborted while state was saved or restored. Nothing is lost: the latest snapshot is kept.',
  CFP_STATE_MIGRATION_FAILED:
    'migrateState() threw or rejected; the `cause` says why. Correct it, or save the state in the new version.',
  CFP_STATE_MIGRATION_MISSING:
    'Kept state has another stateVersion and the instance has no migrateState(). Add one, or discard the state.',
  CFP_STATE_NOT_CLONEABLE:
    'State has a value that no copy can keep, at the path in `issues`. Return plain data from getReloadState().',
  CFP_STATE_RESTORE_FAILED: 'setReloadState() threw or rejected; the `cause` says why. Correct it.',
  CFP_STATE_RESTORE_MISSING:
    "There is kept state and the instance has no setReloadState(). Add one, or set reload.state to 'discard'.",
  CFP_STATE_RESTORE_TIMEOUT:
    'migrateState() and setReloadState() did not finish in time. Raise timeouts.restoreMs, or do less in them.',
  CFP_STATE_SAVE_FAILED: 'getReloadState() threw or rejected; the `cause` says why. Correct it.',
  CFP_STATE_SAVE_TIMEOUT: 'getReloadState() did not finish in time. Raise timeouts.saveMs, or do less in it.',
  CFP_STATE_TOO_LARGE:
    'State is larger than maxBytes. Keep less of it, raise maxBytes, or keep it where it need not be copied.',
} as const satisfies Record<string, string>

/** One of the codes that this package uses. */
export type StatePreserverErrorCode = keyof typeof StatePreserverErrorCodes
