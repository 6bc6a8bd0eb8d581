// The options of a plugin, printed: for a terminal, and for a page.
import type { ConfigDocumentation, ConfigOption } from './documentation.ts'

/** For a terminal. */
export function documentationText({ plugin, description, options, missing }: ConfigDocumentation): string {
  const title = description ? `${plugin}: ${description}` : plugin
  if (missing !== undefined) return `${title}\n  No options can be told: ${missing}.\n`
  if (options.length === 0) return `${title}\n  No options.\n`
  const lines = options.flatMap((option) => [
    `  ${option.path}  ${[option.type, ...remarks(option)].join(', ')}`,
    ...(option.description ? [`      ${oneLine(option.description)}`] : []),
    ...(option.variable ? [`      ${option.variable}`] : []),
  ])
  return `${[title, ...lines].join('\n')}\n`
}

/** For a page: a heading and a table. */
export function documentationMarkdown({ plugin, description, options, missing }: ConfigDocumentation): string {
  const head = [`## ${plugin}`, ...(description ? ['', cell(description)] : []), '']
  if (missing !== undefined) return `${[...head, `No options can be told: ${cell(missing)}.`].join('\n')}\n`
  if (options.length === 0) return `${[...head, 'No options.'].join('\n')}\n`
  const rows = options.map((option) => {
    const variable = option.variable ? `\`${option.variable}\`` : ''
    const about = [...(option.description ? [option.description] : []), remarks(option).join(', ')].filter(Boolean)
    return `| \`${cell(option.path)}\` | ${cell(option.type)} | ${cell(about.join(' · '))} | ${variable} |`
  })
  return `${[...head, '| option | type | | variable |', '|---|---|---|---|', ...rows].join('\n')}\n`
}

function remarks(option: ConfigOption): string[] {
  return [
    ...(option.required ? ['required'] : []),
    ...(option.values ? [`one of ${option.values.map((value) => JSON.stringify(value)).join(', ')}`] : []),
    ...option.rules,
    ...('default' in option ? [`default ${JSON.stringify(option.default)}`] : []),
    ...(option.secret ? ['secret'] : []),
    ...(option.deprecated ? ['deprecated'] : []),
  ]
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|')
}
