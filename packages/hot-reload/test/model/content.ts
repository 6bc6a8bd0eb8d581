// What the files of the model may contain: each content has a number, which whoever loads it tells.
import { plugin } from '../sources.ts'

/** What is right or wrong with a content. */
export type Quality = 'good' | 'slow' | 'syntax' | 'import' | 'setup' | 'health'

/** One content of one file. */
export interface Content {
  readonly number: number
  readonly quality: Quality
  readonly text: string
}

/** What the plugins of a run tell. */
export interface Told {
  heard(plugin: string, event: number): void
}

/** What a plugin offers. */
export interface Service {
  /** Which content of its own file it is, and which of the helper's it was loaded with. */
  readonly number: number
  readonly helper: number
  count(): number
}

export const HELPER = '_helper.ts'
const NEEDS: Readonly<Record<string, string>> = { b: "['a']" }

export const isGood = ({ quality }: Content) => quality === 'good' || quality === 'slow'

/** What a file may contain that says of itself which content it is. */
export function contentOf(file: string, number: number, wanted: Quality): Content {
  // The helper has no hooks that could fail.
  const quality = file === HELPER && (wanted === 'setup' || wanted === 'health') ? 'import' : wanted
  const text = file === HELPER ? helper(number, quality) : pluginFile(file.replace('.ts', ''), number, quality)
  return { number, quality, text }
}

function helper(number: number, quality: Quality): string {
  return `${before(number, quality)}export const helper = ${number}\n`
}

/** What comes first, and breaks the module. A syntax error cannot say a number, but the line that it is in can. */
function before(number: number, quality: Quality): string {
  if (quality === 'syntax') return `${'\n'.repeat(number - 1)}export const = 1\n`
  return quality === 'import' ? `throw new Error('content ${number}.')\n` : ''
}

function pluginFile(name: string, number: number, quality: Quality): string {
  const imports = name === 'c' ? "import { helper } from './_helper.ts'" : 'const helper = 0'
  const fail = `throw new Error('content ${number}.')`
  const meanwhile: Partial<Record<Quality, string>> = {
    setup: fail,
    slow: 'await new Promise((resolve) => setTimeout(resolve, 150))',
  }
  const fields = {
    ...(NEEDS[name] ? { dependencies: NEEDS[name] } : {}),
    state: '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
    setup: `async ({ on, shared }: any) => {
    on('tick', (event: number) => { count++; shared.heard('${name}', event) })
    ${meanwhile[quality] ?? ''}
    return { number: ${number}, helper, count: () => count }
  }`,
    ...(quality === 'health' ? { health: `() => { ${fail} }` } : {}),
  }
  return `${before(number, quality)}${plugin(name, fields, `${imports}\nlet count = 0`)}`
}
