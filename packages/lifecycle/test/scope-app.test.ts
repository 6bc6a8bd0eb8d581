import { describe, expect, it } from 'vitest'
import type { ScopeApp } from '../src/index.ts'
import { logTo, plugin, started } from './support.ts'

/** An app that is a list of commands, and refuses one that it has already: what commander does. */
function commandLine() {
  const commands: string[] = []
  const steps: string[] = []
  const scopeApp: ScopeApp = (_app, meta) => {
    const added: string[] = []
    return {
      view: { command: (name: string) => void added.push(name) },
      commit: () => {
        steps.push(`commit ${meta.name}`)
        for (const name of added) {
          if (commands.includes(name)) throw new Error(`cannot add command '${name}' as it is there already`)
          commands.push(name)
        }
      },
      dispose: () => {
        steps.push(`dispose ${meta.name}`)
        for (const name of added) if (commands.includes(name)) commands.splice(commands.indexOf(name), 1)
      },
    }
  }
  return { commands, steps, scopeApp, app: commands }
}

type View = { command(name: string): void }

const adding = (generation: number, names: readonly string[], after: () => void = () => {}) =>
  plugin(
    { name: 'tool' },
    ((app: View) => {
      for (const name of names) app.command(name)
      return { setup: after }
    }) as never,
    { generation },
  )

const fail = () => {
  throw new Error('no')
}

describe('additions to a scoped app', () => {
  it('appear at the commit, are gone at the end, and each step runs once', async () => {
    const { commands, steps, ...options } = commandLine()
    const lifecycle = await started([adding(1, ['a', 'b'], () => expect(commands).toEqual([]))], options)
    expect(commands).toEqual(['a', 'b'])
    await lifecycle.disable('tool')
    expect(commands).toEqual([])
    await lifecycle.enable('tool')
    expect(commands).toEqual(['a', 'b'])
    await lifecycle.disable('tool')
    await lifecycle.unload('tool')
    expect(steps).toEqual(['commit tool', 'dispose tool', 'commit tool', 'dispose tool'])
  })

  it('never appear where the plugin fails (fault 36)', async () => {
    const { commands, steps, ...options } = commandLine()
    await started([adding(1, ['a'], fail)], options)
    expect(commands).toEqual([])
    expect(steps).toEqual(['dispose tool'])
  })

  it('are each there once over 100 reloads, removed ones gone, and after a failed one those of the old code', async () => {
    const { commands, steps: _, ...options } = commandLine()
    const lifecycle = await started([adding(1, ['stays', 'v1'])], options)
    for (let generation = 2; generation <= 101; generation++) {
      const isGood = generation % 5 !== 0
      const { outcome } = await lifecycle.reload({
        set: [adding(generation, ['stays', `v${generation}`], isGood ? undefined : fail)],
      })
      expect(outcome).toBe(isGood ? 'committed' : 'rolled-back')
      expect(commands).toEqual(['stays', `v${isGood ? generation : generation - 1}`])
    }
  })

  it('made while the plugin is torn down are never shown', async () => {
    const { commands, steps, ...options } = commandLine()
    const record = plugin({ name: 'tool' }, (_app, context) => ({
      setup: () => {},
      teardown: () => (context.app as View).command('late'),
    }))
    const lifecycle = await started([record], options)
    await lifecycle.stop()
    expect(commands).toEqual([])
    expect(steps).toEqual(['commit tool', 'dispose tool'])
  })

  it('that cannot be made are told to the log, and the plugin is active', async () => {
    const entries: string[] = []
    const { commands, steps: _, ...options } = commandLine()
    commands.push('taken')
    const lifecycle = await started([adding(1, ['taken'])], { ...options, logger: logTo(entries) })
    expect(lifecycle.status('tool').state).toBe('active')
    expect(entries).toEqual([
      `error: Plugin "tool" failed in commit() of its view of the app: cannot add command 'taken' as it is there already`,
    ])
  })
})
