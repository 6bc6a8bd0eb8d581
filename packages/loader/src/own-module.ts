// One of a plugin's own modules, in one generation.
import type { CompiledModule } from './compile.ts'
import type { FilePlace } from './load-problem.ts'
import type { ModuleCode } from './module-code.ts'
import type { ImportTarget } from './resolve.ts'

/** What a request of a module leads to: a module of the generation, or the namespace of one of the host's. */
export type Dependency = OwnModule | { readonly namespace: object; readonly url: string }

export type EvaluationStatus = 'unlinked' | 'linked' | 'evaluating' | 'evaluating-async' | 'evaluated'

/** What a linked module does when its turn comes: everything at once, or up to its first await. */
export type Run = () => unknown

/** An export whose module has not run yet. */
export interface UnsettledExport {
  readonly name: string
  /** The module that it comes from. */
  readonly from: OwnModule
  /** Whether it may change after that has run. */
  readonly isLive: boolean
  /** The name there; nothing where it is no module of the generation's. */
  readonly exported?: string
  readonly get: () => unknown
}

/** A node of a generation's graph; the phases of a load fill it in, in this order: prepare, link, evaluate. */
export class OwnModule {
  readonly url: string
  readonly file: string
  /** Where it was first asked for; nothing for the entry. */
  readonly importedBy: FilePlace | undefined
  /** Read, compiled, and its requests resolved. While that takes time, a promise of it. */
  ready: boolean | Promise<void> = false
  compiled: CompiledModule | undefined
  /** The value of a JSON file. */
  json: unknown
  /** `module` as a CommonJS file sees it. */
  commonJs: { exports: unknown } | undefined
  /** What a CommonJS file requires by path: ready, but not run before it asks. */
  required: OwnModule[] = []
  /** One for each of the code's requests. */
  dependencies: Dependency[] = []
  /** What each specifier that was looked for led to. */
  readonly links = new Map<string, ImportTarget>()

  /** What others see: null prototype, `Symbol.toStringTag`, no extension. */
  readonly namespace: Record<string, unknown> = {}
  /** Reads each of its own exports. */
  readonly getters = new Map<string, () => unknown>()
  /** Exports that become values, or keep their accessor if they are live, once their module has run. */
  unsettled: UnsettledExport[] = []
  /** Whether its exports become values all at once when it has run; they are not among `unsettled` then. */
  settlesAlone = false
  run: Run | undefined
  /** Its own exports' values, in the order of the code's `exports`, from when it has run until its load is over. */
  values: readonly unknown[] | undefined

  status: EvaluationStatus = 'unlinked'
  failure: { readonly thrown: unknown; readonly module: OwnModule } | undefined
  /** As the specification's algorithm names them. */
  dfsIndex = 0
  dfsAncestorIndex = 0
  cycleRoot: OwnModule = this
  asyncOrder = 0
  pendingAsyncDependencies = 0
  readonly asyncParents: OwnModule[] = []
  settled: PromiseWithResolvers | undefined

  constructor(url: string, file: string, importedBy?: FilePlace) {
    this.url = url
    this.file = file
    this.importedBy = importedBy
  }

  get code(): ModuleCode | undefined {
    return this.compiled?.code
  }

  get ownDependencies(): OwnModule[] {
    return this.dependencies.filter((dependency) => dependency instanceof OwnModule)
  }
}

export interface PromiseWithResolvers {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}
