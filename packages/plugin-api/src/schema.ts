// The entry of what tools read and plugins don't: the JSON Schema of the metadata, apart from `index.ts` for its size.
export { PluginApiErrorCodes } from './error-codes.ts'
export { pluginMetaSchema } from './meta-schema.ts'
