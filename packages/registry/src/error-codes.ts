// Every error code of this package, with when it appears and what to do about it.

/** Codes of the errors that this package throws or reports. */
export const RegistryErrorCodes = {
  CFP_CHANGE_REFUSED:
    'A staged change has several problems, all in `issues`. The registry is as it was; correct them and save again.',
  CFP_DEPENDENCY_BLOCKED:
    'A plugin was not started because one that it needs cannot start; `cause` is the root. Correct that one.',
  CFP_DEPENDENCY_CYCLE: 'Plugins depend on each other in a circle. Move what they share into a third plugin.',
  CFP_DEPENDENCY_DISABLED: 'A plugin needs one that is disabled. Enable it, or make it an optional dependency.',
  CFP_DEPENDENCY_MISSING: 'A plugin needs one that is not there. Install it, or correct the name.',
  CFP_DEPENDENCY_RANGE:
    'A dependency is there in a version that the range does not allow. Change the range or the version.',
  CFP_DUPLICATE_NAME: 'Two plugins have one name. Rename one of them.',
  CFP_ENGINE_MISMATCH:
    'The plugin is made for another plugin contract, host or Node version (`engines`). Update one of them.',
  CFP_PLATFORM_MISMATCH: 'The plugin does not run on this platform (`platforms`). Disable it here.',
  CFP_PLUGIN_CONFLICTS: 'One plugin cannot start for several reasons, all in `issues`. Correct each.',
  CFP_PLUGIN_RENAMED:
    'A reloaded file names another plugin than before. Keep the name, or remove the plugin and add it again.',
  CFP_PLUGIN_UNKNOWN: 'No plugin of that name is registered. Correct the name; names() lists what is there.',
  CFP_RANGE_INVALID: 'A range is not semver. Correct it in the metadata of the plugin that wrote it.',
  CFP_PROVIDER_INVALID:
    'The host chose a provider for a service that is not there, or does not provide it (`providers`). Correct the name.',
  CFP_SERVICE_AMBIGUOUS:
    'Several plugins provide one service, and one is asked for. Choose it with `providers`, or disable the others.',
  CFP_SERVICE_MISSING: 'No plugin provides a required service. Install one that does, or correct the name.',
} as const satisfies Record<string, string>

/** One of the codes that this package uses. */
export type RegistryErrorCode = keyof typeof RegistryErrorCodes
