// A definition, in a thread: each hook is given what `setup` returned.
import { definePlugin } from '@cf-plugins/plugin-api'

export default definePlugin({
  name: 'defined',
  version: '1.0.0',
  execution: 'worker',
  events: ['add'],
  state: {
    initial: { kept: 0 },
    version: 2,
    save: (service: Adder) => service.all(),
    restore: (numbers: number[], service) => service.add(...numbers),
    migrate: (state: unknown, from: number, part) => (part === 'reload' ? [Number(state), from] : { kept: 7 }),
  },
  setup: ({ state, on }): Adder => {
    const numbers: number[] = []
    on('keep', () => state.update((draft) => void draft.kept++))
    return {
      first: 'a copy',
      add: (...more) => void numbers.push(...more),
      all: () => numbers,
      kept: () => state.value.kept,
    }
  },
  handleEvent: (_event, { payload }, service) => service.add(payload as number),
  teardown: (service) => service.add(-1),
})

interface Adder {
  readonly first: string
  add(...numbers: readonly number[]): void
  all(): number[]
  kept(): number
}
