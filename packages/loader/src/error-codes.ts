// Every error code of this package, with what it means and what to do. A load may also end with plugin-api's CFP_NOT_A_PLUGIN and CFP_META_INVALID.

/** Codes of the errors that discovery and loading give. */
export const LoaderErrorCodes = {
  CFP_FOLDER_MISSING:
    'A plugin folder that was named does not exist: create it, or correct `paths` or CF_CLI_PLUGIN_PATHS.',
  CFP_FOLDER_UNREADABLE: 'A plugin folder, or a folder in it, may not be read: correct its permissions.',
  CFP_FILE_UNREADABLE: 'A file of a plugin may not be read, or is no regular file: correct its permissions.',
  CFP_FILE_UNSUPPORTED: 'A plugin imports a file of its own of a kind that the loader does not evaluate.',
  CFP_LINK_OUTSIDE: 'A symbolic link leads out of the plugin folders: put the file inside, or set `followLinks`.',
  CFP_PACKAGES_UNREADABLE:
    'The package.json whose dependencies are looked at is missing or broken: correct it, or `packages.from`.',
  CFP_PACKAGE_INVALID: 'The package.json of a package is broken, or its `cf-plugin` field is no path: correct it.',
  CFP_PACKAGE_ENTRY:
    'The entry of a package is missing, is no source file, or is not in the package: correct the field.',
  CFP_PACKAGE_MISSING: 'A package that `packages.names` has is not installed: install it, or take it out.',
  CFP_SYNTAX: 'A file of a plugin does not parse: file, line and column are given.',
  CFP_MODULE_MISSING: 'An import names a file or package that is not there: importer, line and specifier are given.',
  CFP_EXPORT_MISSING: 'An import names something that the module does not export, or exports twice by `export *`.',
  CFP_SPECIFIER_INVALID: 'An import specifier is no valid path or URL.',
  CFP_IMPORT_FAILED: 'A module outside the plugin folders, such as a package, failed when it was imported.',
  CFP_LOAD_THROWN: 'A file of a plugin threw while it was evaluated: the cause is what it threw.',
  CFP_LOAD_TIMEOUT:
    'A plugin did not finish loading in time, usually because of a top-level await: raise `loadTimeoutMs`, or move the work to setup().',
  CFP_LOAD_ABORTED: 'The load was aborted by its signal.',
  CFP_PLUGIN_EXITED: 'A plugin called process.exit() while it was loaded; the process goes on.',
  CFP_IMAGE_MISSING: 'The code was asked for of a record that this loader did not make: ask the one that loaded it.',
  CFP_INTRINSIC_PATCHED: 'A warning, not an error: loading a plugin changed a prototype that everybody shares.',
} as const satisfies Record<string, string>

export type LoaderErrorCode = keyof typeof LoaderErrorCodes
