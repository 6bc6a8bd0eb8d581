// A host that says which plugins start, before their metadata does.
import { expect, it } from 'vitest'
import { lifecycleOf, plugin } from './support.ts'

it('asks its host whether a plugin starts, then its metadata; who switches one by hand has the last word', async () => {
  const said = new Map([
    ['off', false],
    ['on', true],
  ])
  const records = [plugin({ name: 'off' }), plugin({ name: 'on', enabled: false }), plugin({ name: 'silent' })]
  const lifecycle = lifecycleOf(records, { enabledOf: (name) => said.get(name) })
  const report = await lifecycle.start()
  expect(report.active).toEqual(['on', 'silent'])
  expect(report.disabled).toEqual(['off'])
  await lifecycle.enable('off')
  expect(lifecycle.status('off').state).toBe('active')
  await lifecycle.disable('on')
  expect(lifecycle.status('on').state).toBe('disabled')
  await lifecycle.stop()
})
