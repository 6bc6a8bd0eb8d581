// What compiles against this package, and what must not.
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { expectTypeOf } from 'vitest'
import {
  type ConfigErrorCode,
  type ConfigProblem,
  type ConfigSnapshot,
  ConfigSource,
  type ConfigurablePlugin,
  documentation,
  Secrets,
} from '../src/index.ts'

const source = new ConfigSource({ file: 'plugins.yaml', env: process.env, secrets: new Secrets() })
expectTypeOf(source.load()).resolves.toEqualTypeOf<ConfigSnapshot>()

// @ts-expect-error a source is of a file
new ConfigSource({ folder: 'plugins.d' })

const meta = resolveMeta({ name: 'auth', version: '1.0.0' })
expectTypeOf(meta).toExtend<ConfigurablePlugin>()
expectTypeOf<ConfigSnapshot['settingsFor']>().returns.toBeUnknown()
expectTypeOf<ReturnType<ConfigSnapshot['check']>>().resolves.toEqualTypeOf<readonly ConfigProblem[]>()
expectTypeOf<ConfigProblem['code']>().toEqualTypeOf<ConfigErrorCode>()
documentation(meta)

declare const snapshot: ConfigSnapshot
// @ts-expect-error a snapshot never changes
snapshot.plugins.set('auth', { name: 'auth', file: '/plugins.yaml' })
// @ts-expect-error nor do its problems
snapshot.problems.push()
// @ts-expect-error what is checked are plugins, not names
snapshot.check(['auth'])
// @ts-expect-error secrets are not given back
new Secrets().values()
