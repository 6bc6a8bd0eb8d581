// A plugin that imports cf-plugins gets what the host gets that does.
import { expect, it } from 'vitest'
import { hostModules } from '../src/host-modules.ts'
import * as cfPlugins from '../src/index.ts'

it('has every export of the index, each the very same', async () => {
  const seen = (await hostModules({ PluginManager: cfPlugins.PluginManager })['cf-plugins']?.()) as Record<
    string,
    unknown
  >
  expect(Object.keys(seen).sort()).toEqual(Object.keys(cfPlugins).sort())
  for (const [name, value] of Object.entries(cfPlugins)) expect(seen[name]).toBe(value)
})
