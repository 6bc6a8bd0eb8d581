export type { FoundPlugin } from './discovery.ts'
export { type LoaderErrorCode, LoaderErrorCodes } from './error-codes.ts'
export { DEFAULT_PATTERNS } from './patterns.ts'
export { type LoadOptions, type LoadReport, PluginLoader, type PluginLoaderOptions } from './plugin-loader.ts'
