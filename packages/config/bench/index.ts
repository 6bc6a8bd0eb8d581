// The hot paths of a start, and of each edit of the file: the plugins' settings read, checked by their schemas and typed; and what an
// edit changed, for whom.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, growth } from '@cf-plugins/bench-harness'
import { ConfigSource } from '@cf-plugins/config'
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { parse } from 'yaml'
import { z } from 'zod'

const PLUGINS = 200

const config = z.object({ timeout: z.number(), providers: z.array(z.string()), pool: z.object({ max: z.number() }) })
const folder = await mkdtemp(join(tmpdir(), 'cf-config-bench-'))

/** As many plugins, and the file with their settings. */
async function settingsOf(plugins: number) {
  const metas = Array.from({ length: plugins }, (_, index) =>
    resolveMeta({ name: `plugin-${index}`, version: '1.0.0', config }),
  )
  const text = metas
    .map(
      ({ name }, index) =>
        `${name}:\n  settings:\n    timeout: \${TIMEOUT:-${index}}\n    providers: [jwt, basic]\n    pool: { max: ${index} }\n`,
    )
    .join('')
  const file = join(folder, `plugins-${plugins}.yaml`)
  await writeFile(file, text)
  return { metas, file, source: new ConfigSource({ file, env: {} }) }
}

const { metas, file, source } = await settingsOf(PLUGINS)

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

const few = await settingsOf(20)
await growth(
  'load and check the settings of n plugins',
  {
    20: async () => (await (await few.source.load()).check(few.metas)).length,
    [PLUGINS]: async () => (await (await source.load()).check(metas)).length,
  },
  { rounds: 15, why: 'no plugin looks through the settings of all' },
)

await rm(folder, { recursive: true })
