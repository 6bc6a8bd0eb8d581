// From a save until the new code serves, the event of the file system included: what a developer waits for.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Goal } from '@cf-plugins/bench-harness'
import type { Case, Contender } from '../../case.ts'
import type { Save } from './edited-plugin.ts'
import { cfPlugins, dynohot, hotHook, nodeWatch, vite, type WriteProgram, watchByHand } from './programs.ts'
import { startProgram } from './running.ts'

const OURS = 'cf-plugins'
const RESTART = 'node --watch, a restart'
const FLOOR = 'fs.watch and modules run by hand'
const PROGRAMS: Readonly<Record<string, WriteProgram>> = {
  [OURS]: cfPlugins,
  [FLOOR]: watchByHand,
  [RESTART]: nodeWatch,
  'Vite server and module runner': vite,
  'hot-hook': hotHook,
  dynohot,
}

/** Until its watcher is up, and until what a save sets going has ended, in milliseconds. */
const SETTLE_MS = { start: 500, save: 100 }

const GOALS: Readonly<Record<Save, readonly Goal[]>> = {
  atomic: [
    { of: OURS, against: RESTART, atMost: 0.2, why: 'a save is seen before one looks up' },
    { of: OURS, against: 'dynohot', atMost: 0.3 },
  ],
  // The 60 ms of settling stand between a write and a plugin that is half of it.
  'in place': [
    { of: OURS, against: RESTART, atMost: 0.4 },
    { of: OURS, against: 'dynohot', atMost: 0.9 },
  ],
}

const NOTES: Readonly<Record<Save, string>> = {
  atomic:
    'Ours reads the file twice, makes all of the plugin anew, moves its state and commits; node --watch loses a file that another is renamed over, and so gets saves in place.',
  'in place':
    'Ours waits for the content to stand still for 60 ms, for until then it may be half of what is written; the others load what is there.',
}

export const saveCases: readonly Case[] = [
  save(1, 'atomic', GOALS.atomic),
  save(1, 'in place', GOALS['in place']),
  save(20, 'atomic', GOALS.atomic),
  { ...save(20, 'in place', GOALS['in place']), isLong: true },
  { ...save(200, 'atomic', GOALS.atomic), isLong: true },
  save(200, 'in place'),
]

function save(files: number, how: Save, goals?: readonly Goal[]): Case {
  return {
    id: `reload/save-${how.replaceAll(' ', '-')}-${files}`,
    title: `a plugin of ${files} file${files === 1 ? '' : 's'}, a leaf saved ${how === 'atomic' ? 'atomically' : 'in place'}, until it is active`,
    unit: 'ms',
    ours: OURS,
    floor: FLOOR,
    contenders: Object.fromEntries(
      Object.keys(PROGRAMS).map((name) => [name, saved(name, files, name === RESTART ? 'in place' : how)]),
    ),
    ...(goals === undefined ? {} : { goals }),
    rounds: 15,
    budgetMs: 20_000,
    note: NOTES[how],
  }
}

function saved(name: string, files: number, how: Save): Contender {
  return {
    prepare: async () => {
      const { edit, lost, stop } = await startProgram(PROGRAMS[name] as WriteProgram, files)
      await sleep(SETTLE_MS.start)
      return {
        before: () => sleep(SETTLE_MS.save),
        run: async () => {
          await edit(how)
          // Of the others, one that was lost is a slow sample.
          if (name === OURS && lost() > 0) throw new Error('A save was not seen.')
        },
        end: stop,
      }
    },
  }
}
