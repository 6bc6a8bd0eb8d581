// Sources of plugins, as their authors would write them.

/** The source of a plugin: a definition with these fields, as they are written in code. */
export function plugin(name: string, fields: Readonly<Record<string, string>> = {}, before = ''): string {
  const lines = Object.entries({ name: `'${name}'`, version: "'1.0.0'", ...fields }).map(
    ([key, value]) => `  ${key}: ${value},`,
  )
  return `import { definePlugin } from '@cf-plugins/plugin-api'\n${before}\nexport default definePlugin({\n${lines.join('\n')}\n})\n`
}

/** A plugin that counts, by `step`, and keeps its count. */
export function counter(step: number, setup = ''): string {
  return plugin(
    'counter',
    {
      state: '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
      setup: `() => { ${setup}; return { increment: () => (count += ${step}) } }`,
    },
    'let count = 0',
  )
}
