// Every error code of this package, with when it happens and what to do.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files that are read have such placeholders

/** The codes of what this package throws, and of the problems that it lists. */
export const ConfigErrorCodes = {
  CFP_CONFIG_OPTIONS:
    'An option of ConfigSource is not what it must be: the message names it and says what is expected.',
  CFP_CONFIG_REFUSED:
    'The configuration has errors. Mend each that `problems` lists; until then nothing of it is used.',
  CFP_CONFIG_MISSING: 'A file or folder of the configuration is not there. Make it, or say that it is optional.',
  CFP_CONFIG_UNREADABLE: 'A file could not be read, or is not text in UTF-8. The message tells why.',
  CFP_CONFIG_LIMIT:
    'A file is larger, deeper or multiplies itself more than a configuration ever does. Split or simplify it.',
  CFP_CONFIG_SYNTAX:
    'A file is not the YAML that is read here. The message tells what is wrong, at its line and column.',
  CFP_CONFIG_KEY: 'A key is not known where it stands, or must not be used at all. Rename or remove it.',
  CFP_CONFIG_VALUE: 'A value is not what its place takes. The message tells what is expected.',
  CFP_CONFIG_TWICE: 'A plugin is configured in two files. Keep one of the places that are named.',
  CFP_CONFIG_VARIABLE: '${VAR} is not set and has no default, or is written wrong. Set it, or write ${VAR:-default}.',
  CFP_CONFIG_OVERRIDE: 'A CF_PLUGIN_ variable cannot be used as it is: the message names it and tells why.',
  CFP_CONFIG_PLUGIN_UNKNOWN: 'What is configured is no plugin of this host. Mend the name, or remove it.',
  CFP_CONFIG_SETTINGS: "The settings do not match the plugin's schema.",
  CFP_CONFIG_VERSION: 'The plugin has another version than the configuration was written for.',
} as const satisfies Record<string, string>

/** One of the keys of {@link ConfigErrorCodes}. */
export type ConfigErrorCode = keyof typeof ConfigErrorCodes
