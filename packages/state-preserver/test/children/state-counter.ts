// Counts in `context.state` as fast as it can, and never saves: `state-counter.mjs <folder>`. Prints where it begins, what it has
// counted, and what its store has on the disk.
import { resolveMeta } from '@cf-plugins/plugin-api/host'
import { FileStateStore, StatePreserver, type StateStore } from '../../src/index.ts'

const [folder = ''] = process.argv.slice(2)
const files = new FileStateStore({ folder })
const store: StateStore = {
  async write(snapshot, options) {
    await files.write(snapshot, options)
    const own = snapshot.own as { value: { count: number } }
    console.log(`written ${own.value.count}`)
  },
  read: (name, options) => files.read(name, options),
  remove: (name, options) => files.remove(name, options),
}
const preserver = new StatePreserver({ store, writeDelayMs: 20 })
const meta = resolveMeta({ name: 'counter', version: '1.0.0', state: { initial: { count: 0 } } })
const { state } = preserver.open({ name: 'counter', meta }, await preserver.load('counter'))
console.log(`begins ${(state.value as { count: number }).count}`)
for (;;) {
  const { count } = (await state.update((draft) => void (draft as { count: number }).count++)) as { count: number }
  console.log(`counted ${count}`)
  await new Promise((resolve) => setTimeout(resolve, 1))
}
