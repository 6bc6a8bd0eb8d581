// What somebody writes who wants the plugins of a folder replaced in the running process, and nothing more.
import assert from 'node:assert/strict'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HotReloader } from '@cf-plugins/hot-reload'

interface Counter {
  count: number
  step(): number
}

const counterOf = (step: number): string => `export const PLUGIN_META = { name: 'counter', version: '1.0.0' }
export const register = () => ({
  count: 0,
  step() { return (this.count += ${step}) },
  getReloadState() { return { count: this.count } },
  setReloadState(state) { this.count = state.count },
})
`

async function main(): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'plugins-')))
  const file = join(folder, 'counter.js')
  await writeFile(file, counterOf(1))

  const reloader = new HotReloader({ paths: [folder], watch: false, load: { cacheFolder: false } })
  await reloader.start()
  const counter = (): Counter => reloader.lifecycle.service('counter') as Counter
  assert.equal(counter().step(), 1)

  await writeFile(file, counterOf(10))
  await reloader.reloadPlugin('counter')
  assert.equal(counter().step(), 11)

  await writeFile(file, 'export const = 1\n')
  await reloader.reloadPlugin('counter')
  assert.equal(counter().step(), 21)

  await reloader.stop()
  await rm(folder, { recursive: true })
  console.log('hot-reload works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
