// The JSON Schema of `PluginMeta`, for editors and for tools in other languages.

const name = {
  type: 'string',
  maxLength: 214,
  pattern: '^[a-z0-9][a-z0-9._-]*$',
} as const

const names = { type: 'array', uniqueItems: true, items: name } as const

const word = { type: 'string', pattern: '\\S' } as const

const words = { type: 'array', uniqueItems: true, items: word } as const

const milliseconds = { type: 'number', exclusiveMinimum: 0, maximum: 2 ** 31 - 1 } as const

const dependencies = {
  anyOf: [names, { type: 'object', propertyNames: name, additionalProperties: word }],
} as const

/**
 * The JSON Schema (draft 2020-12) of `PluginMeta`; also the file `@cf-plugins/plugin-api/plugin-meta.schema.json`.
 * What a schema can't tell, `resolveMeta` checks besides: that names don't contradict each other, and `config`.
 */
export const pluginMetaSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'PluginMeta',
  description: 'What a plugin of cf-plugins says about itself',
  type: 'object',
  required: ['name', 'version'],
  additionalProperties: false,
  properties: {
    name: { ...name, description: 'Unique in a host' },
    version: {
      type: 'string',
      maxLength: 256,
      pattern:
        '^(0|[1-9]\\d*)(\\.(0|[1-9]\\d*)){2}(-(0|[1-9]\\d*|\\d*[A-Za-z-][\\dA-Za-z-]*)(\\.(0|[1-9]\\d*|\\d*[A-Za-z-][\\dA-Za-z-]*))*)?(\\+[\\dA-Za-z-]+(\\.[\\dA-Za-z-]+)*)?$',
      description: 'A semver version',
    },
    description: { type: 'string', default: '' },
    enabled: { type: 'boolean', default: true, description: 'Whether the plugin starts with the host' },
    dependencies: { ...dependencies, description: 'Plugins that must be active before this one starts' },
    optionalDependencies: {
      ...dependencies,
      description: 'Plugins, or services, that start before this one where they are there',
    },
    requires: { ...names, description: 'Services that some plugin must provide, by service name' },
    collects: { ...names, description: 'Services that the plugin takes from everyone who provides them, be it nobody' },
    provides: { ...names, description: 'Services that this plugin offers besides the one of its own name' },
    events: { ...words, description: 'Events that `handleEvent` gets: names, or `user.*`' },
    engines: {
      type: 'object',
      additionalProperties: false,
      properties: {
        api: { ...word, description: "Range of the plugin contract's version" },
        host: { ...word, description: "Range of the host application's version" },
        node: { ...word, description: "Range of Node's version" },
      },
    },
    platforms: { ...words, description: 'Values of `process.platform` that the plugin runs on; all where empty' },
    permissions: {
      type: 'array',
      uniqueItems: true,
      items: {
        type: 'string',
        pattern: '^(service|event|emit|hook|pipeline|state|resource):[^\\s*]*(\\*|[^\\s*])$',
      },
      description: 'What the plugin may use; what is not among it is denied. Everything where it is left out',
    },
    state: {
      type: 'object',
      additionalProperties: false,
      properties: {
        initial: { description: 'What `context.state` is at first' },
        shared: { ...names, description: 'Parts of the state that the plugin shares with others' },
      },
    },
    config: { description: 'Any Standard Schema, which no JSON file can hold', not: {} },
    reload: {
      type: 'object',
      additionalProperties: false,
      properties: {
        strategy: { enum: ['exclusive', 'overlap'], default: 'exclusive' },
        state: { enum: ['keep', 'discard'], default: 'keep' },
      },
    },
    stateVersion: {
      type: 'integer',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 0,
      description: 'Version of the shape that `getReloadState` returns',
    },
    execution: {
      enum: ['inline', 'worker'],
      default: 'inline',
      description: "Where the plugin runs: on the host's event loop, or in a thread of its own, where it may block",
    },
    worker: {
      type: 'object',
      additionalProperties: false,
      description: "What bounds the plugin's threads",
      properties: {
        heapMb: { type: 'integer', minimum: 8, maximum: 2 ** 20, default: 256 },
        callMs: { ...milliseconds, default: 30_000 },
      },
    },
    timeouts: {
      type: 'object',
      additionalProperties: false,
      description: "Deadlines of the plugin's hooks, in milliseconds",
      properties: {
        registerMs: { ...milliseconds, default: 10_000 },
        setupMs: { ...milliseconds, default: 10_000 },
        teardownMs: { ...milliseconds, default: 5_000 },
        enableMs: { ...milliseconds, default: 5_000 },
        saveMs: { ...milliseconds, default: 2_000 },
        restoreMs: { ...milliseconds, default: 5_000 },
        reloadMs: { ...milliseconds, default: 5_000 },
      },
    },
    onFailure: {
      enum: ['continue', 'abort'],
      description: "Whether the host goes on when the plugin fails to start; else the host's policy decides",
    },
  },
} as const
