// Every code that this package throws or reports, and what to do about it.

/** The codes of `@cf-plugins/hot-reload`. */
export const HotReloadErrorCodes = {
  CFP_RELOAD_VETOED:
    'beforeReload() of the host refused the reload, and the old code serves on. Save again once the host agrees.',
  CFP_RELOAD_HOST_HOOK:
    'beforeReload() or afterReload() of the host threw, rejected, or did not answer in time. Mend it; the message says how it failed.',
  CFP_RELOAD_ORPHANED:
    "The plugin's file is gone, but others need it: it serves on until they do not, or its file is back.",
  CFP_RELOAD_PLAN_FAILED: 'What changed could not be looked at. The cause says why; mend it and save again.',
  CFP_RELOAD_SUPERSEDED:
    'A newer change came before anything was touched: the reload started over with it. The final report tells of that one.',
  CFP_RELOAD_UNSETTLED:
    'A file of the plugin was still being written when its time to settle was over: the old code serves on, and what the file holds is loaded as soon as it rests. Find what keeps writing to it.',
  CFP_RELOAD_STARTED: 'start() was called twice. Call it once; enable() tries a failed plugin again.',
  CFP_RELOAD_STOPPED: 'The HotReloader has been stopped, or could not be started. Make a new one.',
} as const satisfies Record<string, string>

/** A code of this package. */
export type HotReloadErrorCode = keyof typeof HotReloadErrorCodes
