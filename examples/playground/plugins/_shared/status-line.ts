// Shows types that plugins share: what each of them answers to the hook `status`. The page asks for it, and so does the host.

/** What a plugin has to say about itself, in one line. */
export interface StatusLine {
  readonly plugin: string
  readonly line: string
}
