// Files of a configuration, for real, and plugins to be configured.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { StandardSchema } from '@cf-plugins/plugin-api'
import { onTestFinished } from 'vitest'
import { type ConfigProblem, ConfigSource, type ConfigSourceOptions, type ConfigurablePlugin } from '../src/index.ts'

/** A new folder with these files, gone after the test. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cf-config-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await write(folder, files)
  return folder
}

export async function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** A source over these files; one text is `plugins.yaml`. Its environment is empty unless given. */
export async function sourceOf(
  files: string | Readonly<Record<string, string | Uint8Array>>,
  options: Partial<ConfigSourceOptions> = {},
): Promise<ConfigSource> {
  const folder = await folderWith(typeof files === 'string' ? { 'plugins.yaml': files } : files)
  return new ConfigSource({ file: join(folder, 'plugins.yaml'), env: {}, ...options })
}

export function plugin(
  name: string,
  config?: StandardSchema,
  more: Partial<ConfigurablePlugin> = {},
): ConfigurablePlugin {
  return { name, version: '1.0.0', enabled: true, config, ...more }
}

/** `plugins.yaml:3:5 auth.settings.timeout CFP_CONFIG_VALUE`, with a `?` for a warning. */
export function placesOf(problems: readonly ConfigProblem[], source: ConfigSource): string[] {
  return problems.map(({ file, line, column, plugin: of, path, code, severity }) => {
    const parts = [file && relative(dirname(source.file), file), line, column].filter((part) => part !== undefined)
    const subject = [of, path].filter(Boolean).join('.')
    return [parts.join(':'), subject, `${code}${severity === 'warning' ? '?' : ''}`].filter(Boolean).join(' ')
  })
}
