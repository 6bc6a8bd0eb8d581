// Links from one guide to another, and to packages, lead somewhere.
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')

/** What GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

async function anchorsIn(file: string): Promise<string[]> {
  return [...(await readFile(file, 'utf8')).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

it('each link within the repository leads to a file, and to a heading of it', async () => {
  const guides = (await readdir(join(ROOT, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  const packages = (await readdir(join(ROOT, 'packages'))).map((name) => `packages/${name}/README.md`)
  const broken: string[] = []
  let links = 0
  for (const name of ['README.md', 'CONTRIBUTING.md', ...guides, ...packages]) {
    const file = join(ROOT, name)
    const text = await readFile(file, 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
      links++
      const [path = '', anchor] = target.split('#')
      const to = path === '' ? file : join(dirname(file), path)
      const found = await stat(to).catch(() => undefined)
      if (!found || (anchor && !(await anchorsIn(to)).includes(anchor)))
        broken.push(`${relative(ROOT, file)}: ${target}`)
    }
  }
  expect(links).toBeGreaterThan(30)
  expect(broken).toEqual([])
})
