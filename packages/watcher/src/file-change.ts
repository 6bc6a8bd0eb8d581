// What the watcher reports: one settled difference between a file and what was last known of it.

/** A file whose bytes differ from those last reported, and have come to rest. */
export interface FileChange {
  readonly kind: 'add' | 'change' | 'unlink'
  /** Absolute real path: symbolic links in the path of the root are resolved. */
  readonly file: string
  /** SHA-256 of the bytes, in hex. Absent for `'unlink'`. */
  readonly hash?: string
}

/** How changes came to rest. */
export interface Settling {
  /** From the first look at the first of them until all of them are told, in milliseconds. */
  readonly settleMs: number
}
