// The README's example runs, and its tables tell every command, option and error.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CliErrorCodes } from '../src/index.ts'
import { place } from './support/cf.ts'

const root = join(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

test('the example runs', async () => {
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1]
  // In the package, so that it finds the package by its name; not in node_modules, where no name leads out.
  const folder = join(root, '.cf-plugins')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'example.ts')
  await writeFile(file, example!)
  await import(file)
  await rm(folder, { recursive: true })
})

test('the table of errors has every code with its text', () => {
  const rows = readme.replace(/ +/g, ' ')
  for (const [code, text] of Object.entries(CliErrorCodes)) expect(rows).toContain(`| \`${code}\` | ${text} |`)
  expect(readme.match(/^\| `CFP_/gm)).toHaveLength(Object.keys(CliErrorCodes).length)
})

test('every command and option that help names is in the README', async () => {
  const here = await place()
  const { stdout } = await here.cf('--help')
  // Its examples stand after its commands.
  const [listed = ''] = stdout.split('Examples:')
  const commands = [...listed.matchAll(/^ {2}(\w+) .*[[<]/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help')
  expect(commands).toEqual([
    'run',
    'check',
    'list',
    'graph',
    'explain',
    'health',
    'hooks',
    'config',
    'audit',
    'reload',
    'enable',
    'disable',
  ])
  for (const command of commands) {
    expect(readme).toContain(`cf ${command}`)
    const help = await here.cf(command, '--help')
    for (const [, option] of help.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm))
      if (option !== '--help') expect(readme).toContain(option)
  }
})
