// Every code that this package throws or reports, and what to do about it.

/** The codes of `@cf-plugins/lifecycle`. */
export const LifecycleErrorCodes = {
  CFP_REGISTER_FAILED: 'register() threw or rejected. The cause says why.',
  CFP_REGISTER_TIMEOUT: 'register() took too long. Raise timeouts.registerMs, or move the work to setup().',
  CFP_REGISTER_RESULT: 'register() returned no instance. Return an object with the hooks that the plugin has.',
  CFP_SETUP_FAILED: 'setup() threw or rejected. The cause says why.',
  CFP_SETUP_TIMEOUT: 'setup() took too long. Raise timeouts.setupMs, or move the work out of setup().',
  CFP_TEARDOWN_FAILED: 'teardown() threw or rejected. What the plugin owned was released all the same.',
  CFP_TEARDOWN_TIMEOUT:
    'teardown() took too long. What the plugin owned was released all the same; its code may still run.',
  CFP_RELEASE_FAILED: 'Something that the plugin owned could not be released, or not in time.',
  CFP_ENABLE_FAILED: 'onEnable() threw, rejected or hung. The plugin is disabled.',
  CFP_ENABLE_TIMEOUT: 'onEnable() took too long. The plugin is disabled.',
  CFP_DISABLE_FAILED: 'onDisable() threw or rejected. The plugin is disabled all the same.',
  CFP_DISABLE_TIMEOUT: 'onDisable() took too long. The plugin is disabled all the same.',
  CFP_RELOAD_HOOK_FAILED: 'onReload() or health() threw or rejected. The reload was rolled back.',
  CFP_RELOAD_HOOK_TIMEOUT: 'onReload() or health() took too long. The reload was rolled back.',
  CFP_UNHEALTHY: 'health() of the new instance said that it is unhealthy. The reload was rolled back.',
  CFP_STATE_FAILED: 'The state of a plugin could not be taken, or not be given back. The cause says why.',
  CFP_STATE_TIMEOUT: 'Taking the state of a plugin, or giving it back, took too long.',
  CFP_STATE_UNAVAILABLE: 'A plugin used context.state, and its host keeps no state. Give the lifecycle a keeper.',
  CFP_CONFIG_INVALID: "The plugin's configuration does not match its schema. Every problem is listed.",
  CFP_CONFIG_CHANGE_FAILED: 'onConfigChange() threw or rejected. The old configuration is in force again.',
  CFP_CONFIG_CHANGE_TIMEOUT: 'onConfigChange() took too long. The old configuration is in force again.',
  CFP_DEPENDENCY_FAILED:
    'A plugin that this one needs is not active. Mend that one first; the message names the cause.',
  CFP_NOT_ACTIVE: 'The plugin is not active. explain() tells why.',
  CFP_PLUGIN_RELOADING: 'The plugin is being replaced right now. Call again, or use manager.use(), which waits.',
  CFP_PLUGIN_BUSY: 'Too much waits for a plugin that is being replaced. Emit less, or await what you emit.',
  CFP_EVENT_KEPT: 'The plugin is down, and keeps the event until it is back. Do not send it again.',
  CFP_EVENTS_UNDELIVERED:
    'Events waited for a plugin that was stopped or unloaded, or did not become active: they were not delivered.',
  CFP_GENERATION_RETIRED:
    'Code of a plugin that was replaced or stopped used its context. Stop that code at `context.signal`.',
  CFP_EMIT_BEFORE_COMMIT:
    'A plugin awaited emit(), or called a hook, before it was active. Use publish(), which is kept until then.',
  CFP_EMIT_IN_TEARDOWN: 'A plugin emitted while it was torn down. Emit before that.',
  CFP_SERVICE_UNKNOWN: 'Nobody offers that service. Check its name, or make the dependency optional.',
  CFP_SERVICE_UNDECLARED:
    'A plugin asked for a service that its metadata does not name. Add the line that the message tells.',
  CFP_SERVICE_NOT_DECLARED: 'A plugin offered a service that its metadata does not name. Add it to `provides`.',
  CFP_ACCESS_DENIED:
    'A plugin used something that its permissions, or what its host grants, leave out. Add what the message names, or leave it be.',
  CFP_SERVICE_SCOPED: 'The host asked for a service that is made for each plugin that asks. Ask for it in a plugin.',
  CFP_SERVICE_MAKE_FAILED: 'A plugin could not make the service that it offers to each plugin. The cause says why.',
  CFP_HOLD_TAKEN:
    'A plugin asked the host to hold a key that it holds for another plugin. Take another key, or get it from that plugin as a service.',
  CFP_CONTEXT_ARGUMENT: 'A member of the context got an argument that it cannot use.',
  CFP_DRAIN_TIMEOUT: 'What the plugin was doing did not end in time, so that it was not replaced.',
  CFP_HEALTH_INVALID: 'health() returned something else than { status, message? }.',
  CFP_RESTART_REQUIRED: 'Two old versions of the plugin still run. Only a restart of the process ends them.',
  CFP_ROLLBACK_FAILED:
    'The new version failed and the old one did not come back. Its state is kept; save a good version.',
  CFP_RELOAD_FAILED: 'A step of a reload failed in a way that no other code tells. The cause says why.',
  CFP_RELOAD_SUPERSEDED: 'A reload gave way to a newer change before it touched anything. The newer one follows.',
  CFP_OVERLAP_IMPOSSIBLE:
    'Old and new wanted something that only one can have, and so the old one was stopped first. Have the host hold it: `context.hold`.',
  CFP_OPTION_INVALID: 'An option of an operation is not what it must be. Correct the value that the message names.',
  CFP_STRAY_ERROR:
    'A plugin left an error to nobody: a throw in a timer, or a promise that was rejected and not awaited. Catch it.',
  CFP_LEFT_BEHIND:
    'Code of a plugin that has ended left something open that nobody closes: a timer, a server, a listener. Close it in teardown().',
  CFP_PLUGIN_QUARANTINED:
    'The plugin left too many errors to nobody, and was switched off. Save a better version, or enable it again.',
  CFP_WORKER_UNAVAILABLE:
    "A plugin is to run in a thread, or a handler of it, and its host has none. Give the lifecycle's option `threads`.",
  CFP_OPERATION_ABORTED: 'The operation was cancelled by its signal, or by a shutdown.',
  CFP_OPERATION_TIMEOUT: 'The operation waited too long for the ones before it.',
  CFP_STOPPED: 'The lifecycle has been stopped. Make a new one.',
  CFP_START_ABORTED: "A plugin whose metadata says onFailure: 'abort' failed, and the start was taken back.",
} as const satisfies Record<string, string>

/** A code of this package. */
export type LifecycleErrorCode = keyof typeof LifecycleErrorCodes
