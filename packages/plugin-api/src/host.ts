// The entry of what the packages of a host share, and plugin authors don't need: apart from `index.ts` for its size.
export { Deadlines, type Remaining, type Watched } from './deadlines.ts'
export { nearest } from './nearest.ts'
export { safeLogger } from './safe-logger.ts'
export { shownFile } from './shown-file.ts'
export { atMost, type WaitBound, within } from './within.ts'
