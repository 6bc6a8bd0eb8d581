// Every error code of this package, with when it appears and what to do about it.

/** Codes of the errors that this package throws, all of them `StatePreservationError`s. */
export const StatePreserverErrorCodes = {
  CFP_GENERATION_RETIRED:
    'Code of a plugin that was replaced or stopped changed its state. Stop that code at `context.signal`.',
  CFP_STATE_ABORTED:
    'The signal was aborted while state was saved, restored, written or read. Nothing is lost: the latest snapshot is kept.',
  CFP_STATE_ARGUMENT: 'A member of context.state got an argument that it cannot use. Give it what the message says.',
  CFP_STATE_BEFORE_COMMIT:
    'A plugin changed a shared part of the state before it was active. Do it in a handler, or in a task of after(0).',
  CFP_STATE_FILE_DAMAGED:
    'A file of kept state is cut short, was changed, or is no such file. It is left as it is; the next write moves it aside.',
  CFP_STATE_FILE_FORMAT:
    'A file of kept state was written by another version of cf-plugins or Node.js. Read it with that one, or go on without it.',
  CFP_STATE_FILE_KEY:
    'A file of kept state is encrypted and the host gave no key, or the other way round. Give the key that wrote it, or none.',
  CFP_STATE_FILE_NOT_AUTHENTIC:
    'A file of kept state was encrypted with another key, was changed, or is another plugin’s. Give the key that wrote it.',
  CFP_STATE_FILE_TOO_LARGE: "A file of kept state has more than the store's maxBytes. Keep less state, or raise it.",
  CFP_STATE_FOLDER_UNSAFE:
    'Others may write to the folder for state, or it is theirs. Give one that is yours, with mode 0700.',
  CFP_STATE_LOCKED:
    'A value was set while an update or a transaction had the part, or while the plugin was being replaced. Use update(), which waits.',
  CFP_STATE_MIGRATION_FAILED:
    'migrateState() threw or rejected; the `cause` says why. Correct it, or save the state in the new version.',
  CFP_STATE_MIGRATION_MISSING:
    'Kept state has another stateVersion and the instance has no migrateState(). Add one, or discard the state.',
  CFP_STATE_NAME_REFUSED: 'A name that no plugin may have was given as one. Nothing was written or read.',
  CFP_STATE_NOT_CLONEABLE:
    'State has a value that no copy can keep, at the path in `issues`. Return plain data from getReloadState().',
  CFP_STATE_NOT_MIGRATED: 'register() read state that is kept in another stateVersion. Read it in setup().',
  CFP_STATE_READ_FAILED: 'Kept state could not be read; the `cause` says why. It is left as it is.',
  CFP_STATE_READ_TIMEOUT: 'The store did not answer in time. Raise storeTimeoutMs, or look at its disk.',
  CFP_STATE_REENTRANT:
    'A change waited for another change of the same part, and so for itself. Change the draft, or use the state that the transaction gives.',
  CFP_STATE_REPLACED:
    'A plugin was changing its state during an overlapping reload, when it got what the old version had kept. Change it later.',
  CFP_STATE_RESTORE_FAILED: 'setReloadState() threw or rejected; the `cause` says why. Correct it.',
  CFP_STATE_RESTORE_MISSING:
    "There is kept state and the instance has no setReloadState(). Add one, or set reload.state to 'discard'.",
  CFP_STATE_RESTORE_TIMEOUT:
    'migrateState() and setReloadState() did not finish in time. Raise timeouts.restoreMs, or do less in them.',
  CFP_STATE_SAVE_FAILED: 'getReloadState() threw or rejected; the `cause` says why. Correct it.',
  CFP_STATE_SAVE_TIMEOUT: 'getReloadState() did not finish in time. Raise timeouts.saveMs, or do less in it.',
  CFP_STATE_STORE_INVALID: 'A FileStateStore was given a folder, key or limit that it cannot use. Correct it.',
  CFP_STATE_TOO_LARGE:
    'State is larger than maxBytes. Keep less of it, raise maxBytes, or keep it where it need not be copied.',
  CFP_STATE_TRANSACTION_OVER: 'The state of a transaction was used after it had ended. Await all that its task does.',
  CFP_STATE_UNDECLARED:
    'A plugin asked for a shared part that its metadata, or its transaction, does not name. Add the line that the message gives.',
  CFP_STATE_UPDATE_TIMEOUT:
    'An update or a transaction did not get its turn, or did not end, in time. The part is as it was. Raise timeoutMs, or do less in it.',
  CFP_STATE_WRITE_FAILED:
    'State could not be written, such as on a full disk; the `cause` says why. The copy in memory is kept, and is tried again.',
  CFP_STATE_WRITE_TIMEOUT: 'The store did not finish writing in time. Raise storeTimeoutMs, or look at its disk.',
} as const satisfies Record<string, string>

/** One of the codes that this package uses. */
export type StatePreserverErrorCode = keyof typeof StatePreserverErrorCodes
