// What is left of threads that are no more: nothing.
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Lifecycle } from '@cf-plugins/lifecycle'
import type { InThread } from '@cf-plugins/plugin-api'
import { expect, it } from 'vitest'
import { Link } from '../src/link.ts'
import { PluginThread } from '../src/plugin-thread.ts'
import { RemoteInstance } from '../src/remote-instance.ts'
import { pluginRecord, rejection, started, until } from './plugin-support.ts'
import type { Fragile } from './plugins/fragile.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** How many there are of each. */
function left(): number[] {
  collect()
  return [PluginThread, Link, RemoteInstance].map((type) => Number(queryObjects(type)))
}

async function replace(lifecycle: Pick<Lifecycle, 'service'>): Promise<void> {
  const service = lifecycle.service('fragile') as InThread<Pick<Fragile, 'end' | 'count'>>
  await rejection(service.end('exit'))
  await service.count()
}

it('is nothing, whether a thread was replaced, its plugin reloaded or stopped', async () => {
  const meta = { worker: { callMs: 20_000, heapMb: 64 } }
  const { lifecycle } = await started([await pluginRecord('fragile', meta)])
  for (let round = 0; round < 3; round++) {
    await replace(lifecycle)
  }
  await until(() => left().every((count) => count === 1))
  for (let round = 2; round < 4; round++) {
    expect((await lifecycle.reload({ set: [await pluginRecord('fragile', meta, round)] })).outcome).toBe('committed')
  }
  await until(() => left().every((count) => count === 1))
  await lifecycle.stop()
  await until(() => left()[0] === 0)
})
