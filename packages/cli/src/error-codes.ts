// Every code that this package throws or reports, and what to do about it.

/** The codes of `@cf-plugins/cli`. */
export const CliErrorCodes = {
  CFP_CLI_USAGE: 'The command line is not understood. The message says what is, and `cf --help` lists it.',
  CFP_CLI_UNKNOWN_COMMAND:
    "Neither cf nor an active plugin has that command. Correct the name; `cf --help` lists cf's own.",
  CFP_CLI_NO_PLUGINS:
    'There is no plugin in the folders that were looked in. Name another folder, or put a plugin there.',
  CFP_CLI_COMMAND_TAKEN: 'A plugin adds a command that cf or another plugin has already. Rename one of them.',
  CFP_CLI_COMMAND_FAILED:
    "A plugin's command threw or rejected. The message names the plugin; --verbose shows the stack.",
  CFP_CLI_APP_MEMBER:
    'A plugin used a member of the program that belongs to the host, such as its options. Add commands, with options of their own.',
  CFP_CLI_STRAY_ERROR:
    'Something threw, or rejected, and nobody caught it. The host stopped its plugins and ended; --verbose shows the stack.',
  CFP_CLI_HUNG:
    'Plugins did not end when the host stopped. Their teardown() hangs; mend it, or raise timeouts.teardownMs.',
  CFP_CLI_NO_HOST: 'No host runs on these folders. Start one with `cf run <folder>`.',
  CFP_CLI_HOST_SILENT: 'The running host did not answer in time, or the request was cancelled.',
  CFP_CLI_HOST_ANSWER: 'What answered on the socket is no host of this version, or it ended before it answered.',
  CFP_CLI_HOST_RUNS: 'A host runs on these folders already. Stop it first, or ask it.',
  CFP_CLI_SOCKET: 'The socket of the host cannot be made, or not be reached. The message says why.',
  CFP_CLI_REQUEST: 'The running host does not know that request, or not with those parameters.',
  CFP_CLI_STATE_KEY: 'CF_STATE_KEY is not 32 bytes, in hexadecimal or base64. Correct it, or unset it.',
  CFP_CLI_UNEXPECTED: 'Something failed in a way that no other code tells. --verbose shows the stack.',
} as const satisfies Record<string, string>

/** A code of this package. */
export type CliErrorCode = keyof typeof CliErrorCodes
