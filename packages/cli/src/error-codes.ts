// Every code that this package throws or reports, and what to do about it.

/** The codes of `@cf-plugins/cli`. */
export const CliErrorCodes = {
  CFP_CLI_USAGE: 'The command line is not understood. The message says what is, and `cf --help` lists it.',
  CFP_CLI_UNKNOWN_COMMAND: 'Neither cf nor an active plugin has that command.',
  CFP_CLI_NO_PLUGINS: 'There is no plugin in the folders that were looked in.',
  CFP_CLI_COMMAND_TAKEN: 'A plugin adds a command that cf or another plugin has already. Rename one of them.',
  CFP_CLI_APP_MEMBER:
    'A plugin used a member of the program that belongs to the host, such as its options. Add commands, with options of their own.',
  CFP_CLI_NO_HOST: 'No host runs on that folder. Start one with `cf run <folder>`.',
  CFP_CLI_HOST_SILENT: 'The running host did not answer in time.',
  CFP_CLI_HOST_ANSWER: 'What answered on the socket is no host of this version.',
  CFP_CLI_HOST_RUNS: 'A host runs on that folder already.',
  CFP_CLI_REQUEST: 'The running host does not know that request, or not with those parameters.',
} as const satisfies Record<string, string>

/** A code of this package. */
export type CliErrorCode = keyof typeof CliErrorCodes
