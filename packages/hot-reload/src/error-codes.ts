// Every code that this package throws or reports, and what to do about it.

/** The codes of `@cf-plugins/hot-reload`. */
export const HotReloadErrorCodes = {
  CFP_RELOAD_OPTIONS: 'HotReloader was given options that it cannot use.',
  CFP_RELOAD_VETOED: 'beforeReload() of the host refused the reload. The old code serves on.',
  CFP_RELOAD_HOST_HOOK: 'beforeReload() or afterReload() of the host threw, rejected or hung.',
  CFP_RELOAD_STOPPED: 'The HotReloader has been stopped. Make a new one.',
  CFP_RELOAD_ORPHANED:
    "The plugin's file is gone, but others need it: it serves on until they do not, or its file is back.",
} as const satisfies Record<string, string>

/** A code of this package. */
export type HotReloadErrorCode = keyof typeof HotReloadErrorCodes
