// What somebody writes who reads the configuration of plugins in a host of his own making.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigProblem, ConfigSource, problemLine } from '@cf-plugins/config'

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'configured-'))
  const file = join(folder, 'plugins.yaml')
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the configuration's own
  await writeFile(file, 'auth:\n  enabled: false\n  settings:\n    timeout: ${AUTH_TIMEOUT:-30}\n  setings: {}\n')
  const snapshot = await new ConfigSource({ file, env: {} }).load()
  assert.equal(snapshot.plugins.get('auth')?.enabled, false)
  const [problem] = snapshot.problems as readonly [ConfigProblem]
  assert.equal(problem.line, 5)
  assert.match(problemLine(problem), /auth\.setings: is not known; did you mean "settings"\?/)
  await rm(folder, { recursive: true })
  console.log('config works')
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
