// A real folder of plugins, edited as an editor would, under a reloader that watches it.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { StartReport } from '@cf-plugins/lifecycle'
import { onTestFinished } from 'vitest'
import { HotReloader, type HotReloaderOptions, type ReloadReport } from '../src/index.ts'

/** What `counter` offers. */
export interface Counter {
  increment(): number
}

/** A folder, its reloader, and what was reported. */
export interface PluginFolder extends AsyncDisposable {
  readonly path: string
  readonly reloader: HotReloader
  readonly started: StartReport
  readonly reports: ReloadReport[]
  /** Saves atomically, as most editors do. */
  save(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  /** Makes an edit, and gives the report of the reload that it led to. */
  reported(edit: () => Promise<void>): Promise<ReloadReport>
  service<T>(name: string): T
}

/** The same, for one test. */
export async function startFolder(
  files: Readonly<Record<string, string>>,
  options?: HotReloaderOptions,
  path?: string,
): Promise<PluginFolder> {
  const folder = await pluginFolder(files, options, path)
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder
}

/** Where each plugin stands. */
export function states({ reloader }: PluginFolder): Record<string, string> {
  return Object.fromEntries(reloader.lifecycle.statuses().map(({ plugin, state }) => [plugin, state]))
}

/** Makes a folder with files, and starts what is in it. */
export async function pluginFolder(
  files: Readonly<Record<string, string>>,
  options: HotReloaderOptions = {},
  given?: string,
): Promise<PluginFolder> {
  const path = given ?? (await mkdtemp(join(tmpdir(), 'cf-hot-reload-')))
  const save = async (name: string, text: string) => {
    const file = join(path, name)
    await mkdir(dirname(file), { recursive: true })
    const temporary = join(dirname(file), `.${Math.random().toString(36).slice(2)}.tmp`)
    await writeFile(temporary, text)
    await rename(temporary, file)
  }
  for (const [name, text] of Object.entries(files)) await save(name, text)
  const reports: ReloadReport[] = []
  let told = () => {}
  const reloader = new HotReloader({
    paths: [path],
    ...options,
    afterReload: (report) => {
      reports.push(report)
      told()
      return options.afterReload?.(report)
    },
  })
  const started = await reloader.start()
  return {
    path,
    started,
    reloader,
    reports,
    save,
    remove: (name) => rm(join(path, name), { recursive: true }),
    async reported(edit) {
      const seen = reports.length
      await edit()
      while (reports.length === seen) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
      await reloader.idle()
      return reports.at(-1) as ReloadReport
    },
    service: <T>(name: string) => reloader.lifecycle.service(name) as T,
    async [Symbol.asyncDispose]() {
      await reloader.stop()
      await rm(path, { recursive: true, force: true })
    },
  }
}
