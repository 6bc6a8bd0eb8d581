// The hot path of a start, and of each edit: 200 plugins' settings from a file, read, checked by their schemas and typed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from '@cf-plugins/bench-harness'
import { ConfigSource } from '@cf-plugins/config'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { parse } from 'yaml'
import { z } from 'zod'

const PLUGINS = 200

const config = z.object({ timeout: z.number(), providers: z.array(z.string()), pool: z.object({ max: z.number() }) })
const metas = Array.from({ length: PLUGINS }, (_, index) =>
  resolveMeta({ name: `plugin-${index}`, version: '1.0.0', config }),
)
const text = metas
  .map(
    ({ name }, index) =>
      `${name}:\n  settings:\n    timeout: \${TIMEOUT:-${index}}\n    providers: [jwt, basic]\n    pool: { max: ${index} }\n`,
  )
  .join('')

const folder = await mkdtemp(join(tmpdir(), 'cf-config-bench-'))
const file = join(folder, 'plugins.yaml')
await writeFile(file, text)
const source = new ConfigSource({ file, env: {} })

const before = await source.load()

await compare(
  '200 plugins: from a file to settings that are known to be right',
  {
    // What nobody can do without who reads YAML by this library, and checks it by these schemas.
    'read, parse and safeParse': async () => {
      const plain = parse((await readFile(file, 'utf8')).replaceAll(/\$\{TIMEOUT:-(\d+)\}/g, '$1'))
      return metas.filter(({ name }) => config.safeParse(plain[name].settings).success).length
    },
    // With lines and columns, variables, bounds, types and names of variables.
    'load and check': async () => (await (await source.load()).check(metas)).length,
    'what an edit changed': () => before.changesTo(before, metas).size,
  },
  {
    goals: [
      {
        of: 'load and check',
        against: 'read, parse and safeParse',
        atMost: 3,
        why: 'places, bounds and variables for all of it cost a few times the parse',
      },
    ],
  },
)

await rm(folder, { recursive: true })
