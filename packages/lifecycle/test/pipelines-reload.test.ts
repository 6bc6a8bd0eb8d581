// Runs of pipelines that are under way while plugins are replaced, rolled back and switched off.
import { type PipelineStep, pipelineRef, type StepOptions } from '@cf-plugins/plugin-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deferred, plugin, rejection, started, until } from './support.ts'

const Log = pipelineRef<readonly string[]>('log')

/** A plugin with one step, named `step`, whose code is that of `generation`. */
function stepper(
  generation: number,
  step: PipelineStep<readonly string[]>,
  options: StepOptions<readonly string[]> & { readonly group?: undefined } = {},
  setup = async () => {},
) {
  return plugin(
    { name: 'a' },
    (_app, { pipeline }) => {
      pipeline(Log).step('step', step, options)
      return { setup }
    },
    { generation },
  )
}

const note =
  (what: string): PipelineStep<readonly string[]> =>
  (log) => [...log, what]

describe('a run under way', () => {
  it('is undone by the code that serves by then, which finds what the old code left', async () => {
    const undone: unknown[] = []
    const version = (generation: number) =>
      stepper(
        generation,
        (log, { own }) => {
          own.set('by', generation)
          return [...log, `a${generation}`]
        },
        { undo: (_log, { own }) => undone.push(`${generation} undoes what ${own.get('by')} did`), priority: 'high' },
      )
    const lifecycle = await started([version(1)])
    const held = deferred()
    const log = lifecycle.pipelines.get(Log)
    log.step('fails', async () => {
      await held.promise
      throw new Error('no')
    })
    const run = rejection(log.run([]))
    expect(await lifecycle.reload({ set: [version(2)] })).toMatchObject({ outcome: 'committed' })
    held.resolve()
    expect(await run).toMatchObject({ code: 'CFP_PIPELINE_FAILED', step: 'fails', undone: ['step'], undoFailures: [] })
    expect(undone).toEqual(['2 undoes what 1 did'])
  })

  it('says what was not undone where the plugin was unloaded meanwhile', async () => {
    const lifecycle = await started([stepper(1, note('a'), { undo: () => {}, priority: 'high' })])
    const held = deferred()
    const log = lifecycle.pipelines.get(Log)
    log.step('fails', async () => {
      await held.promise
      throw new Error('no')
    })
    const run = rejection(log.run([]))
    await lifecycle.unload('a')
    held.resolve()
    expect(await run).toMatchObject({ undone: [], undoFailures: [{ plugin: 'a', error: { code: 'CFP_UNDO_GONE' } }] })
  })

  it('that waits for a plugin which does not come back fails with the reason, and is undone (fault 42)', async () => {
    let starts = 0
    const fragile = async () => {
      if (++starts > 1) throw new Error('no')
    }
    const lifecycle = await started([stepper(1, note('a'), {}, fragile)])
    const undone: string[] = []
    const log = lifecycle.pipelines.get(Log)
    log.step('first', note('host'), { undo: () => undone.push('first'), priority: 'high' })
    const gap = deferred()
    const reload = lifecycle.reload({ set: [stepper(2, note('b'), {}, () => gap.promise)] })
    await until(() => lifecycle.status('a').state === 'swapping')
    const run = rejection(log.run([]))
    gap.reject(new Error('no'))
    expect(await reload).toMatchObject({ outcome: 'failed' })
    expect(await run).toMatchObject({
      code: 'CFP_PIPELINE_FAILED',
      plugin: 'a',
      step: 'step',
      cause: { code: 'CFP_ROLLBACK_FAILED' },
    })
    expect(undone).toEqual(['first'])
  })
})

it('whatever happens to a plugin, each run passes its step once, and none fails (fault 55) (invariant 6)', async () => {
  const command = fc.constantFrom('run', 'reload', 'roll back', 'rest')
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 20 }), async (commands) => {
      let made = 0
      const ended = new Set<number>()
      let late = 0
      const runs: Promise<readonly string[]>[] = []
      const version = (setup?: () => Promise<void>) => {
        const generation = ++made
        const step: PipelineStep<readonly string[]> = async (log) => {
          if (ended.has(generation)) late++
          await new Promise(setImmediate)
          return [...log, `a${generation}`]
        }
        return plugin(
          { name: 'a' },
          (_app, { pipeline }) => {
            ended.delete(generation)
            pipeline(Log).step('step', step)
            return { setup, teardown: () => void ended.add(generation) } as object
          },
          { generation },
        )
      }
      const lifecycle = await started([version()])
      const log = lifecycle.pipelines.get(Log)
      log.step('before', note('before'), { priority: 'high' })
      log.step('after', async (list) => [...list, 'after'], { priority: 'low' })
      const run = () => void runs.push(log.run([]))
      for (const each of commands) {
        run()
        if (each === 'rest') {
          await lifecycle.disable('a')
          expect(await log.run([])).toEqual(['before', 'after'])
          await lifecycle.enable('a')
        } else if (each !== 'run') {
          const setup = async () => {
            run()
            if (each === 'roll back') throw new Error('no')
          }
          const { outcome } = await lifecycle.reload({ set: [version(setup)] })
          expect(outcome).toBe(each === 'reload' ? 'committed' : 'rolled-back')
        }
      }
      for (const list of await Promise.all(runs)) {
        expect(list).toHaveLength(3)
        expect(list).toEqual(['before', expect.stringMatching(/^a\d+$/), 'after'])
      }
      expect(late).toBe(0)
      await lifecycle.stop()
    }),
    { numRuns: 40 },
  )
})
