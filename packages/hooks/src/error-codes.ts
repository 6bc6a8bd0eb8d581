// Every error code of this package, and what to do about each.

/** Codes of the errors that this package throws or reports, each with when it happens and what to do. */
export const HooksErrorCodes = {
  CFP_HANDLER_INVALID:
    'A name, handler, priority or timeout is not what it must be. Correct the value that the message names.',
  CFP_HANDLER_TIMEOUT:
    'A handler was still not done when its time was over. Raise its timeoutMs, or move the long work out of it.',
  CFP_HOOK_FAILED: 'One or more handlers of a hook threw or rejected. See `failures`; `cause` is the first of them.',
  CFP_HOOK_ASYNC: 'A handler of a hook that is called with callSync returned a promise. Make it sync, or use call.',
  CFP_PLUGIN_RELOADING: 'callSync met a plugin that is being reloaded, and cannot wait for it. Use call, or try again.',
  CFP_PLUGIN_BUSY:
    "A plugin that is being reloaded has no room for another parked event (thrown by the plugin's gate). Emit less, or await emits.",
  CFP_EMIT_ABORTED: 'The signal given to emit or publish is aborted. Its reason is the cause.',
  CFP_STAGE_DISCARDED: 'The generation that owned this stage is gone. Register with the context of the new one.',
} as const satisfies Record<string, string>

export type HooksErrorCode = keyof typeof HooksErrorCodes
