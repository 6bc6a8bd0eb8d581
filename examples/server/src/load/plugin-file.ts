// A plugin's entry in the copy, and what it may be made to say: another version, good or broken.
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Ways in which new code is bad. */
export const FAULTS = ['syntax', 'import-throws', 'import-missing', 'setup-throws', 'setup-hangs'] as const
export type Fault = (typeof FAULTS)[number]

/** How plugins are exported here: what is found becomes the original, and the stamped one is exported in its place. */
const FORMS = [
  {
    found: /^export default definePlugin\(/m,
    original: 'const original_ = definePlugin(',
    stamped: (version: string) => `export default stamped(original_, ${version})`,
  },
  {
    found: /^export (?:const register = |function register(?=\())/m,
    original: (found: string) => found.replace('export ', '').replace('register', 'register_'),
    stamped: (version: string) => `export const register = stampedRegister(register_, PLUGIN_META.name, ${version})`,
  },
] as const
type Form = (typeof FORMS)[number]
const META = /^export const PLUGIN_META = \{/m

export class PluginFile {
  readonly name: string
  readonly path: string
  readonly #form: Form
  readonly #body: string

  private constructor(name: string, path: string, form: Form, body: string) {
    this.name = name
    this.path = path
    this.#form = form
    this.#body = body
  }

  /** Takes a plugin of a folder as it is, and puts the stamp on it. */
  static async stamp(plugins: string, name: string): Promise<PluginFile> {
    const candidates = [`${name}.ts`, `${name}/index.ts`, `${name}/plugin.ts`].map((each) => join(plugins, each))
    const path = candidates.find((each) => existsSync(each))
    if (path === undefined) throw new Error(`there is no plugin ${name} in ${plugins}`)
    const text = await readFile(path, 'utf8')
    const form = FORMS.find(({ found }) => found.test(text))
    if (!form) throw new Error(`${path} exports its plugin in a way that the load does not know`)
    const body =
      typeof form.original === 'string'
        ? text.replace(form.found, form.original)
        : text.replace(form.found, form.original)
    const file = new PluginFile(name, path, form, body)
    await writeFile(path, file.text(0))
    return file
  }

  text(version: number, fault?: Fault): string {
    const up = this.path.endsWith(`/${this.name}.ts`) ? '.' : '..'
    const setup = fault === 'setup-throws' ? ", 'throws'" : fault === 'setup-hangs' ? ", 'hangs'" : ''
    const lines = [
      `import { stamped, stampedRegister } from '${up}/_shared/stamp.ts'`,
      ...(fault === 'import-missing' ? [`import './missing-${version}.ts'`] : []),
      // A setup that hangs is given up soon.
      fault === 'setup-hangs' ? this.#body.replace(META, (meta) => `${meta} timeouts: { setupMs: 300 },`) : this.#body,
      ...(fault === 'import-throws' ? [`throw new Error('load: version ${version} throws when it is imported')`] : []),
      ...(fault === 'syntax' ? ['export const = 1'] : []),
      this.#form.stamped(`${version}${setup}`),
    ]
    return `${lines.join('\n')}\n`
  }
}
