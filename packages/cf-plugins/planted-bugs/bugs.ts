// The bugs that the tests must find. A patch whose place is gone is an error: it is to be written anew for the new code.
import type { PlantedBug } from './planted-bug.ts'

// More runs than usual: a run that finds the bug ends there.
const model = { project: 'lifecycle', files: ['test/model.test.ts'], variables: { CF_MODEL_RUNS: '900' } }
const files = { project: 'hot-reload', files: ['test/model.test.ts'] }

export const BUGS: readonly PlantedBug[] = [
  {
    name: 'parked-dropped',
    what: 'What waited during a reload is thrown away when it is rolled back.',
    edits: [
      {
        file: 'lifecycle/src/exclusive-course.ts',
        find: "'replay', () => openGates(swap.slots)",
        put: "'replay', () => { for (const slot of swap.slots) slot.discardParked(cause) }",
      },
    ],
    foundBy: model,
  },
  {
    name: 'replayed-twice',
    what: 'What waited during a reload is delivered twice.',
    edits: [
      {
        file: 'lifecycle/src/gate.ts',
        find: 'resolve(deliver())',
        put: 'deliver(); resolve(deliver())',
      },
      {
        file: 'hooks/src/delivery-gate.ts',
        find: 'if (!isOver) {\n      isOver = true',
        put: 'if (true) {\n      isOver = true',
      },
    ],
    foundBy: model,
  },
  {
    name: 'replayed-in-reverse',
    what: 'What waited during a reload is delivered last in, first out.',
    edits: [
      {
        file: 'lifecycle/src/gate.ts',
        find: 'for (let next = this.#parked.shift(); next; next = this.#parked.shift()) {',
        put: 'for (let next = this.#parked.pop(); next; next = this.#parked.pop()) {',
      },
    ],
    foundBy: model,
  },
  {
    name: 'timer-not-released',
    what: 'A plugin that rests or has ended leaves its interval running.',
    edits: [{ file: 'lifecycle/src/timers.ts', find: 'stop: () => clearInterval(timer),', put: 'stop: () => {},' }],
    foundBy: model,
  },
  {
    name: 'not-serialised',
    what: 'Operations do not wait for those before them.',
    edits: [
      {
        file: 'lifecycle/src/operation-queue.ts',
        find: 'await within(before, { ms: WAIT_MS, signal, late, aborted })',
        put: 'await within(Promise.resolve(), { ms: WAIT_MS, signal, late, aborted })',
      },
    ],
    foundBy: model,
  },
  {
    name: 'handlers-before-services',
    what: 'New handlers are called before the new services can be found.',
    edits: [
      {
        file: 'lifecycle/src/bring-up.ts',
        find: 'for (const generation of generations) publish(core, generation)',
        put: 'for (const generation of generations) generation.goLive()\n  for (const generation of generations) publish(core, generation)',
      },
      {
        file: 'lifecycle/src/bring-up.ts',
        find: '  publish(core, generation)\n  const isAwaited',
        put: '  generation.goLive()\n  publish(core, generation)\n  const isAwaited',
      },
    ],
    foundBy: model,
  },
  {
    name: 'dependents-left-active',
    what: 'Plugins go on while one that they need has failed.',
    edits: [
      {
        file: 'lifecycle/src/unit-start.ts',
        find: 'dependencies.some((name) => failures.has(name))',
        put: 'false',
      },
      { file: 'lifecycle/src/reconciler.ts', find: '.some(isMissing)', put: '.some(() => false && isMissing)' },
    ],
    foundBy: model,
  },
  {
    name: 'teardown-twice',
    what: 'An instance whose end is asked for twice is torn down twice.',
    edits: [
      { file: 'lifecycle/src/generation.ts', find: 'this.#ended ??= this.#end(', put: 'this.#ended = this.#end(' },
    ],
    foundBy: model,
  },
  {
    name: 'snapshot-by-reference',
    what: 'A snapshot is the state itself, which its plugin may change after it was taken.',
    edits: [
      {
        file: 'state-preserver/src/state-preserver.ts',
        find: 'kept = this.#copy(plugin, state)',
        put: 'kept = { ...NO_STATE, copy: state }',
      },
    ],
    foundBy: model,
  },
  {
    name: 'migrated-to-the-old',
    what: 'After a rollback, the old version is given the state as the new one has migrated it.',
    edits: [
      {
        file: 'state-preserver/src/state-snapshot.ts',
        find: 'return cloneState(this.#kept.copy).copy',
        put: 'return this.#kept.copy',
      },
    ],
    foundBy: model,
  },
  {
    name: 'second-change-dropped',
    what: 'What changes while a change is dealt with is forgotten.',
    edits: [
      {
        file: 'hot-reload/src/change-queue.ts',
        find: 'await this.#deal(changes, false)',
        put: 'await this.#deal(changes, false)\n      this.#pending.clear()',
      },
    ],
    foundBy: files,
  },
  {
    name: 'drain-skipped',
    what: 'Nobody waits for what is in flight before its plugin is replaced.',
    edits: [
      { file: 'lifecycle/src/unit-gate.ts', find: 'slots.some(isBusy) &&', put: 'slots.every(isBusy) && false &&' },
      {
        file: 'lifecycle/src/unit-gate.ts',
        find: 'if (busy.length === 0) return',
        put: 'if (busy.length >= 0) return',
      },
    ],
    foundBy: model,
  },
  {
    name: 'gate-left-closed',
    what: 'A reload that gives up before it has touched anything leaves the gate closed.',
    edits: [
      {
        file: 'lifecycle/src/exclusive-course.ts',
        find: "await swap.phase('replay'",
        put: "if (this.#oldEnded) await swap.phase('replay'",
      },
    ],
    foundBy: model,
  },
  {
    name: 'not-fenced',
    what: 'The context of a retired generation still works.',
    edits: [{ file: 'lifecycle/src/scope.ts', find: 'if (!this.#retired) return\n', put: 'if (Date.now()) return\n' }],
    foundBy: model,
  },
  {
    name: 'handler-order-changed',
    what: 'A reload moves the handlers of its plugin behind those of others.',
    edits: [
      {
        file: 'hooks/src/handler-entry.ts',
        find: 'return a.owner.rank - b.owner.rank || ',
        put: 'return ',
      },
    ],
    foundBy: model,
  },
  {
    name: 'transitive-missed',
    what: 'Those who depend on a dependent are not reloaded with it.',
    edits: [
      {
        file: 'registry/src/staged-registry.ts',
        find: 'for (const name of reached) {',
        put: 'for (const name of [...reached]) {',
      },
    ],
    foundBy: model,
  },
  {
    name: 'diamond-twice',
    what: 'The far end of a diamond is made anew once more after the reload.',
    edits: [
      {
        file: 'lifecycle/src/unit-start.ts',
        find: 'members.has(name) ? (made.get(name)?.number ?? 0) :',
        put: 'members.size > 3 ? 0 :',
      },
    ],
    foundBy: model,
  },
  {
    name: 'rename-accepted',
    what: 'A plugin that gives itself another name in a save becomes a second plugin.',
    edits: [
      {
        file: 'registry/src/change-check.ts',
        find: 'else if (sameFile !== undefined)',
        put: 'else if (sameFile !== sameFile)',
      },
      {
        file: 'lifecycle/src/reconciler.ts',
        find: 'for (const { meta } of set) if (!this.#registry.has(meta.name)) throw',
        put: 'for (const { meta } of set) if (!meta.name) throw',
      },
    ],
    foundBy: model,
  },
  {
    name: 'failed-edges-kept',
    what: 'The dependencies of a version that failed stay in the graph.',
    edits: [
      {
        file: 'lifecycle/src/reconciler.ts',
        find: 'const changed = new Set(',
        put: 'queueMicrotask(() => staged.commit())\n    const changed = new Set(',
      },
    ],
    foundBy: model,
  },
  {
    name: 'deleted-state-lost',
    what: 'The state of a plugin whose file is deleted does not come back with the file.',
    edits: [{ file: 'lifecycle/src/roster.ts', find: 'this.#away.set(name, slot)', put: 'this.#away.delete(name)' }],
    foundBy: model,
  },
  {
    name: 'helper-not-seen',
    what: 'A change of a file that a plugin imports reloads nobody.',
    edits: [{ file: 'hot-reload/src/reload-plan.ts', find: 'loader.usersOf(file)', put: "loader.usersOf(file + '?')" }],
    foundBy: files,
  },
  {
    name: 'two-after-shutdown',
    what: 'A shutdown in the middle of a reload leaves the new instance beside the old one.',
    edits: [
      {
        file: 'lifecycle/src/unit-swap.ts',
        find: 'const made = generations.get(name)\n',
        put: 'const made = this.unit.shutdown?.aborted ? undefined : generations.get(name)\n',
      },
    ],
    foundBy: model,
  },
  {
    name: 'held-closed',
    what: 'What is held is closed with the old generation although the new one has asked for it.',
    edits: [
      {
        file: 'lifecycle/src/held-resources.ts',
        find: 'claims.delete(holder.number) && claims.size === 0',
        put: 'claims.delete(holder.number)',
      },
    ],
    foundBy: model,
  },
  {
    name: 'disabled-still-hears',
    what: 'A plugin that is switched off still gets events.',
    edits: [
      {
        file: 'lifecycle/src/generation.ts',
        find: 'this.#stages?.hide()',
        put: 'this.#stages?.toString()',
      },
    ],
    foundBy: model,
  },
  {
    name: 'configuration-not-taken-back',
    what: 'Where a change of configurations fails, who was told of the new one is not told the old one.',
    edits: [
      {
        file: 'lifecycle/src/reconfiguration.ts',
        find: 'await generation.configuration.change(previous, generation.hooks)',
        put: 'generation.configuration.value = previous',
      },
    ],
    foundBy: model,
  },
  {
    name: 'configuration-in-force-too-early',
    what: 'A change of configurations that fails is what later starts begin with.',
    edits: [
      {
        file: 'lifecycle/src/reconfiguration.ts',
        find: 'await this.#tell(told, configs)',
        put: 'commit(); await this.#tell(told, configs)',
      },
    ],
    foundBy: model,
  },
  {
    name: 'old-thread-still-hears',
    what: 'What a plugin had added, and does not add again in the thread that takes the place of one that ended, stays.',
    edits: [
      {
        file: 'worker/src/registrations.ts',
        find: 'for (const { undo } of this.#before.values()) undo?.()',
        put: '',
      },
    ],
    foundBy: { project: 'worker', files: ['test/registrations.test.ts', 'test/plugin-ends.test.ts'] },
  },
  {
    name: 'repeated-though-not-idempotent',
    what: 'A call whose thread ended in the middle of it is made again, whether or not its handler may run twice.',
    edits: [
      {
        file: 'worker/src/task.ts',
        find: ' || !this.fn.task.idempotent',
        put: '',
      },
    ],
    foundBy: { project: 'worker', files: ['test/offload-ends.test.ts'] },
  },
]
