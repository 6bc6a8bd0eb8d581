// BasePlugin adds nothing of its own to a plugin, whichever way a subclass is compiled.

import { readFile } from 'node:fs/promises'
import { transform } from 'esbuild'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { serviceOf } from '../src/host.ts'
import { BasePlugin, type PluginContext } from '../src/index.ts'

const context = { name: 'counter', logger: { info() {} }, config: { step: 2 } } as unknown as PluginContext<
  string,
  { step: number }
>

class Counter extends BasePlugin<string, { step: number }> {}

describe('BasePlugin', () => {
  it('keeps its app and context, and reads the rest from there', () => {
    const counter = new Counter('app', context)
    expect(counter).toMatchObject({ app: 'app', context, name: 'counter', logger: context.logger, config: { step: 2 } })
    expect(serviceOf(counter)).toBe(counter)
  })

  it('has no hooks, so that a host calls only those that a subclass has', () => {
    const inherited = Object.getOwnPropertyNames(BasePlugin.prototype)
    expect(inherited.sort()).toEqual(['config', 'constructor', 'logger', 'name', 'state'])
    expect(Object.keys(new Counter('app', context)).sort()).toEqual(['app', 'context'])
  })

  it('has no hooks in what either compiler makes of it, with or without useDefineForClassFields', async () => {
    const code = await readFile(new URL('../src/base-plugin.ts', import.meta.url), 'utf8')
    for (const useDefineForClassFields of [true, false]) {
      const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, useDefineForClassFields }
      const outputs = [
        ts.transpileModule(code, { compilerOptions: { ...compilerOptions, removeComments: true } }).outputText,
        (await transform(code, { loader: 'ts', tsconfigRaw: { compilerOptions: { useDefineForClassFields } } })).code,
      ]
      for (const output of outputs) expect(output).not.toMatch(/\b(setup|onEnable|onReload|handleEvent|health)\b/)
    }
  })

  it('lets a subclass have hooks as fields', () => {
    class Arrow extends BasePlugin {
      override setup = () => 'up'
    }
    expect(new Arrow(undefined, context).setup()).toBe('up')
  })

  it('tears itself down where no lifecycle owns it', async () => {
    const torn: string[] = []
    class Closing extends BasePlugin {
      override async teardown() {
        torn.push('down')
      }
    }
    await new Closing(undefined, context)[Symbol.asyncDispose]()
    await new Counter('app', context)[Symbol.asyncDispose]()
    expect(torn).toEqual(['down'])
  })
})
