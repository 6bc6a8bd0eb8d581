// Node has no `Symbol.metadata` yet. Without it decorators compiled by `tsc` have no metadata, and esbuild keeps
// them under a symbol of its own. This is the one global that the house defines, in the way of TypeScript's handbook.

const holder: { metadata?: symbol } = Symbol as { metadata?: symbol }
holder.metadata ??= Symbol('Symbol.metadata')
