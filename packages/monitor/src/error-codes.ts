// Every error code of this package, with when it happens and what to do.

/** The codes of `@cf-plugins/monitor`. */
export const MonitorErrorCodes = {
  CFP_MONITOR_OPTIONS:
    'An option of the monitor is not what it must be: the message names it and says what is expected.',
  CFP_AUDIT_OPEN_FAILED: 'The audit file cannot be opened. See that its folder can be written to; the cause says why.',
  CFP_AUDIT_FILE_UNSAFE:
    'The audit file is no file of this user alone: a link, a folder, or writable by others. Name another, or mend its mode.',
  CFP_AUDIT_WRITE_FAILED:
    'Audit entries could not be written. They are kept, up to a bound, and tried again; the cause says why.',
  CFP_AUDIT_ENTRIES_LOST: 'More audit entries waited than are kept, and some were dropped: the trail says how many.',
  CFP_AUDIT_READ_FAILED: 'The audit file could not be read. The cause says why.',
} as const satisfies Record<string, string>

/** One of the keys of {@link MonitorErrorCodes}. */
export type MonitorErrorCode = keyof typeof MonitorErrorCodes
