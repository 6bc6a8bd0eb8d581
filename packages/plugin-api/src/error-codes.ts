// Every error code of this package: when it is thrown, and what to do.

/** The codes of the errors that this package throws. */
export const PluginApiErrorCodes = {
  CFP_META_INVALID: 'Metadata is wrong. Mend every problem that `issues` lists.',
  CFP_NOT_A_PLUGIN: 'A module or value has none of the forms of a plugin. Export one of those that the message lists.',
  CFP_DECORATOR_MISUSE:
    'A decorator stands where it means nothing, or was compiled as a legacy one. Do as the message says.',
  CFP_INJECT_NO_CONTEXT:
    'An @inject accessor found no context. Extend BasePlugin, or have a base class that sets `context`.',
  CFP_INJECT_READONLY: 'Somebody assigned to an @inject accessor. Keep the value in a field of its own.',
} as const satisfies Record<string, string>
