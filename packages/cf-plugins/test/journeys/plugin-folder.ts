// A folder of plugins outside the repository, without node_modules, and managers over it.
import { mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { PluginManager, type PluginManagerOptions, type ReloadReport } from '../../src/index.ts'

/** A folder for one test. */
export class PluginFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  static async make(files: Readonly<Record<string, string>> = {}): Promise<PluginFolder> {
    const folder = new PluginFolder(await realpath(await mkdtemp(join(tmpdir(), 'cf-journey-'))))
    onTestFinished(() => rm(folder.path, { recursive: true, force: true }))
    for (const [name, text] of Object.entries(files)) await folder.save(name, text)
    return folder
  }

  /** Saves atomically, as most editors do. */
  async save(name: string, text: string): Promise<void> {
    const file = join(this.path, name)
    await mkdir(dirname(file), { recursive: true })
    const temporary = join(dirname(file), '.saving')
    await writeFile(temporary, text)
    await rename(temporary, file)
  }

  /** A manager over the folder, stopped when the test ends. */
  manager<App, Shared>(options: PluginManagerOptions<App, Shared> = {}): PluginManager<App, Shared> {
    const manager = new PluginManager<App, Shared>({ paths: [this.path], ...options })
    onTestFinished(async () => void (await manager.stop()))
    return manager
  }

  /** A started one, and the reports of its reloads as they come. */
  async started(options: PluginManagerOptions = {}) {
    const reports: ReloadReport[] = []
    let told = () => {}
    const manager = this.manager({
      ...options,
      afterReload: (report) => {
        reports.push(report)
        told()
      },
    })
    const report = await manager.start()
    /** Makes an edit, and gives the report of the reload that it led to. */
    const reported = async (edit: () => Promise<unknown>): Promise<ReloadReport> => {
      const seen = reports.length
      await edit()
      while (reports.length === seen) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
      return reports.at(-1) as ReloadReport
    }
    return { manager, report, reports, reported }
  }
}
