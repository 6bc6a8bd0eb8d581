// What one plugin depends on directly.

/** Whether a plugin can do without what it depends on. */
export type Need = 'required' | 'optional'

/** What one plugin depends on, and how much. */
export interface PluginNeeds {
  /** Each once. */
  readonly names: readonly string[]
  /** Nothing where it does not depend on it. */
  of(name: string): Need | undefined
}

/** Up to how many are looked through one by one, which a map of their own would not make faster. */
export const FEW = 16

/** A few plugins, all of them required: what nearly every plugin has, without a map for each. */
export class FewNeeds implements PluginNeeds {
  readonly names: readonly string[]

  constructor(names: readonly string[]) {
    this.names = names
  }

  of(name: string): Need | undefined {
    return this.names.includes(name) ? 'required' : undefined
  }
}

/** Any number of them, of either kind. */
export class ManyNeeds implements PluginNeeds {
  readonly names: readonly string[]
  readonly #needs: ReadonlyMap<string, Need>

  constructor(needs: ReadonlyMap<string, Need>) {
    this.names = [...needs.keys()]
    this.#needs = needs
  }

  of(name: string): Need | undefined {
    return this.#needs.get(name)
  }
}

/** Those of a plugin that is on its own. */
export const NO_NEEDS: PluginNeeds = new FewNeeds([])
