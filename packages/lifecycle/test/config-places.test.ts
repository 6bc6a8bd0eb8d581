// What a host tells of configurations: where they stand, and that one cannot be had.
import { PluginError } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { lifecycleOf, plugin } from './support.ts'

it('tells every problem of a configuration with the place where it stands', async () => {
  const issues = [
    { message: 'must be a number', path: ['timeout'] },
    { message: 'must be a text', path: ['providers', 0] },
  ]
  const config = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as const
  const lifecycle = lifecycleOf([plugin({ name: 'auth', config })], {
    configOf: () => ({ timeout: 'soon', providers: [1] }),
    configPlaceOf: (name, path) => ({ file: '/etc/app/plugins.yaml', line: 3 + path.length, column: name.length }),
  })
  const { failed } = await lifecycle.start()
  const [{ error }] = failed as unknown as [{ error: PluginError }]
  expect(error).toMatchObject({ code: 'CFP_CONFIG_INVALID', file: '/etc/app/plugins.yaml', line: 4, column: 4 })
  expect(error.message).toContain('/etc/app/plugins.yaml:4:4 auth.timeout: ')
  expect(error.message).toContain('/etc/app/plugins.yaml:5:4 auth.providers.0: ')
  await lifecycle.stop()
})

it('gives the metadata of the code that asks, and fails with what the host throws', async () => {
  const asked: unknown[] = []
  const refusal = new PluginError('CFP_CONFIG_REFUSED', 'The configuration is not used.', { plugin: 'auth' })
  const lifecycle = lifecycleOf([plugin({ name: 'auth' }), plugin({ name: 'other' })], {
    configOf: (name, meta) => {
      asked.push([name, meta?.version])
      if (name === 'auth') throw refusal
    },
  })
  const { failed, active } = await lifecycle.start()
  expect(active).toEqual(['other'])
  expect(failed[0]?.error).toBe(refusal)
  expect(asked).toContainEqual(['auth', '1.0.0'])
  await lifecycle.stop()
})
