// Every error code of this package, and what to do about each.

/** Codes of the errors that this package throws or reports, each with when it happens and what to do. */
export const HooksErrorCodes = {
  CFP_HANDLER_INVALID:
    'A name, handler or option is not what it must be, or not what its hook takes. Correct the value.',
  CFP_HANDLER_ORDER: 'before or after contradicts what other handlers ask for. Take one of them back.',
  CFP_HANDLER_UNKNOWN: 'No handler has such an id. Take one that handlers() lists.',
  CFP_HOOK_REDECLARED: 'A hook was declared otherwise before, and has handlers. Export one hookRef for all.',
  CFP_HANDLER_TIMEOUT:
    "A handler did not finish within its time. Raise the handler's timeoutMs, or move the work out of it.",
  CFP_HOOK_FAILED: 'Handlers of a hook failed: all of them in failures, the first as cause.',
  CFP_HOOK_ASYNC: 'A handler returned a promise to callSync. Make the handler sync, or use call.',
  CFP_PLUGIN_RELOADING: 'callSync cannot wait for a plugin that is being reloaded. Use call, or try again.',
  CFP_PLUGIN_BUSY: 'A plugin that is being reloaded has no room to park more. Emit less, or await each emit.',
  CFP_EVENT_KEPT: 'A plugin is down and keeps the event until it is back. Do not send it again.',
  CFP_EMIT_ABORTED: 'The signal given to the emit is aborted: its reason is the cause.',
  CFP_STAGE_DISCARDED: 'A generation that is gone takes no handlers. Use the context of the one that is active.',
  CFP_PIPELINE_FAILED: 'A step of a pipeline failed: step names it, undone the steps that were taken back.',
  CFP_PIPELINE_ABORTED: 'The signal given to a run of a pipeline is aborted: its reason is the cause.',
  CFP_PIPELINE_TIMEOUT: 'A run of a pipeline did not end within its time. Raise its timeoutMs, or move work out of it.',
  CFP_PIPELINE_REDECLARED: 'A pipeline was given other options before. Give them once, where it is made.',
  CFP_GROUP_RESULT: 'What a step of a group gave cannot be merged over the value. Return a plain object, or nothing.',
  CFP_UNDO_GONE: 'The plugin of a step was replaced, or is gone, and nothing takes back what the step did.',
} as const satisfies Record<string, string>

export type HooksErrorCode = keyof typeof HooksErrorCodes
