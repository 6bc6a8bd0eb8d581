// The entry of what the packages of a host share, and plugin authors don't need: apart from `index.ts` for its size.

export { ACCESS, accessOf, type PluginAccess } from './access.ts'
export { type AuditMessage, audit, auditChannel } from './audit.ts'
export { Deadlines, type Remaining, type Watched } from './deadlines.ts'
export { type HookMethod, hookMethodsOf } from './decorators.ts'
export { serviceOf } from './instance.ts'
export { nearest } from './nearest.ts'
export { isPermission, type PermissionKind, permits } from './permissions.ts'
export { resolveMeta } from './resolve-meta.ts'
export { safeLogger } from './safe-logger.ts'
export { shownFile } from './shown-file.ts'
export { toPluginRecord } from './to-plugin-record.ts'
export { atMost, type WaitBound, within } from './within.ts'
