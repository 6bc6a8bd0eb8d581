// Every error code of this package, with when it appears and what to do about it.

/** Codes of the errors that this package throws, all of them `PluginError`s. */
export const ResourceErrorCodes = {
  CFP_RESOURCE_NAME:
    'A name that no resource may have: the message says what is wrong with it. Nothing was read or written.',
  CFP_RESOURCE_ARGUMENT:
    'An option or argument is not what it must be: the message names it and says what is expected.',
  CFP_RESOURCE_CONTENT:
    'Content or metadata that could not be given back as it is: the message names the path. Give text, bytes, or plain JSON data.',
  CFP_RESOURCE_TOO_LARGE: 'Content is larger than maxBytes, or metadata than 64 KiB. Keep less, or raise maxBytes.',
  CFP_RESOURCE_UNKNOWN: 'There is no resource of this name. Check it, create it first, or ask with find().',
  CFP_RESOURCE_EXISTS:
    'There is a resource of this name, or of one that differs only in upper and lower case. Update it, or take another name.',
  CFP_RESOURCE_CONFLICT:
    'The resource has another revision than ifRevision says: somebody was faster. Get it again, and decide anew.',
  CFP_RESOURCE_BUSY:
    'Others changed the resource each time that this change was tried, for all of timeoutMs. Try again, or raise it.',
  CFP_RESOURCE_TIMEOUT:
    'The disk did not answer within timeoutMs; the change may be made yet. Raise it, or look at the disk.',
  CFP_RESOURCE_ABORTED: 'The signal was aborted; a change that had begun may be made yet.',
  CFP_RESOURCE_DAMAGED:
    'A file in the folder is no resource, is cut short or was edited by hand. It is left as it is; delete it, or put a good one there.',
  CFP_RESOURCE_FOLDER:
    'The folder cannot be used, or another one was put in its place. Nothing was read or written in that one.',
  CFP_RESOURCE_IO:
    'The system refused to read or write, such as on a full disk; the cause says why. What was there is as it was.',
  CFP_RESOURCE_CLOSED: 'The manager has been closed, as at the end of its plugin. Ask the one that is there now.',
} as const satisfies Record<string, string>

/** One of the codes that this package uses. */
export type ResourceErrorCode = keyof typeof ResourceErrorCodes
