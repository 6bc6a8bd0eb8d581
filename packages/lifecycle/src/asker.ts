// Who asks for an operation, told by the stack: an AsyncLocalStorage would slow every await of the process.
import { pathToFileURL } from 'node:url'

/** Whether code of one of `files` is on the way to this call, also where it awaits it. */
export function isAskedFrom(files: ReadonlySet<string>): boolean {
  if (files.size === 0) return false
  const stack = wholeStack()
  for (const file of files) if (isOnStack(stack, file) || isOnStack(stack, pathToFileURL(file).href)) return true
  return false
}

function wholeStack(): string {
  const { stackTraceLimit } = Error
  // Ten frames, the usual, end within the host's own functions. Where intrinsics are frozen, ten it is.
  Reflect.set(Error, 'stackTraceLimit', Number.POSITIVE_INFINITY)
  try {
    // Somebody's `Error.prepareStackTrace` may have made a list of it.
    return String(new Error().stack)
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

/** Frames read `at name (file:1:2)`, `at file:1:2` or `at async file:1:2`. */
function isOnStack(stack: string, file: string): boolean {
  return stack.includes(`(${file}:`) || stack.includes(` ${file}:`)
}
