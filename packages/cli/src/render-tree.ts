// Plugins as a tree: each under one that needs it, from those that nobody needs down.
import { type GraphView, type PluginView, standOf } from './graph-view.ts'
import type { Theme } from './theme.ts'

/** The marks of the states that people ask about. */
export function markOf(state: string, theme: Theme): string {
  if (state === 'active') return theme.good('●')
  if (state === 'failed') return theme.bad('✖')
  if (state === 'blocked') return theme.warning('◌')
  if (state === 'disabled') return theme.faint('○')
  return theme.accent('…')
}

/** A tree in the terminal. A plugin that several need stands under each of them; what it needs is drawn once. */
export function renderTree(view: GraphView, theme: Theme): string {
  const byName = new Map(view.map((plugin) => [plugin.name, plugin]))
  const needed = new Set(view.flatMap((plugin) => plugin.dependencies))
  const roots = view.filter(({ name }) => !needed.has(name))
  const drawn = new Set<string>()
  const lines: string[] = []
  const label = (plugin: PluginView) => {
    const { name, version, state } = plugin
    const stand = standOf(plugin)
    const aside = stand === 'active' ? '' : ` ${theme.faint(stand)}`
    return `${markOf(state, theme)} ${theme.strong(name)} ${theme.faint(version)}${aside}`
  }
  const draw = (plugin: PluginView, lead: string, below: string) => {
    const dependencies = plugin.dependencies.flatMap((name) => byName.get(name) ?? [])
    const isRepeated = drawn.has(plugin.name) && dependencies.length > 0
    lines.push(`${lead}${label(plugin)}${isRepeated ? theme.faint(' (see above)') : ''}`)
    if (drawn.has(plugin.name)) return
    drawn.add(plugin.name)
    for (const [at, dependency] of dependencies.entries()) {
      const isLast = at === dependencies.length - 1
      draw(dependency, `${below}${isLast ? '└─ ' : '├─ '}`, `${below}${isLast ? '   ' : '│  '}`)
    }
  }
  for (const root of roots) draw(root, '', '')
  // In a circle everybody is needed by somebody: what was not reached stands for itself.
  for (const plugin of view) if (!drawn.has(plugin.name)) draw(plugin, '', '')
  return `${lines.join('\n')}\n`
}
