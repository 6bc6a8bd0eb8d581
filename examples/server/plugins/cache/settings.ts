// What can be set of the cache, in plugins.yaml or by CF_PLUGIN_CACHE__….
import { z } from 'zod'

const ms = z.int().min(1)

export const settings = z.object({
  url: z
    .union([z.literal(''), z.url({ protocol: /^rediss?$/ })])
    .default('')
    .meta({ secret: true })
    .describe('A Redis server, as redis://user:password@host:6379/0. Without one, the memory of this process is used'),
  prefix: z.string().default('cf-server:').describe('Stands before all keys, for a Redis that others use too'),
  memory: z
    .object({
      maxEntries: z.int().min(1).default(10_000).describe('What was not used for longest makes room'),
      maxBytes: z
        .int()
        .min(1024)
        .default(64 * 1024 * 1024)
        .describe('Keys and values together, about'),
    })
    .prefault({}),
  connectTimeoutMs: ms.default(5000).describe('How long connecting to Redis may take'),
  commandTimeoutMs: ms.default(1000).describe('How long one waits for an answer of Redis'),
  makeTimeoutMs: ms.default(30_000).describe('How long what is remembered may take to be made'),
})

export type Settings = z.output<typeof settings>
