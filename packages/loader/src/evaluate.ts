// Runs a generation's linked modules, in the order that the specification says: what is imported first.
import { isThenable } from '@cf-plugins/plugin-api'
import { checkCommonJsImports } from './link.ts'
import { settleExports } from './namespace.ts'
import type { OwnModule } from './own-module.ts'

/** One a generation. Without a top-level await everything has run when `evaluate` returns. */
export class Evaluator {
  #asyncOrder = 0
  readonly #pending = new Set<OwnModule>()

  /** Modules that are waiting in a top-level await. */
  get pending(): readonly OwnModule[] {
    return [...this.#pending]
  }

  /** Evaluates `root` and what it imports. A failure, now or later, is a `ModuleFailure`. */
  evaluate(root: OwnModule): void | Promise<void> {
    const target = root.status === 'evaluating-async' || root.status === 'evaluated' ? root.cycleRoot : root
    throwFailureOf(target)
    if (target.status === 'evaluated') return
    if (target.settled) return target.settled.promise
    const stack: OwnModule[] = []
    try {
      this.#inner(target, stack, 0)
    } catch (error) {
      const failure =
        error instanceof ModuleFailure
          ? { thrown: error.thrown, module: error.module }
          : { thrown: error, module: target }
      for (const module of stack) {
        module.status = 'evaluated'
        module.failure = failure
      }
      throw error
    }
    throwFailureOf(target)
    const { cycleRoot } = target
    if (cycleRoot.status === 'evaluated') return
    cycleRoot.settled ??= deferred()
    return cycleRoot.settled.promise
  }

  /** The specification's InnerModuleEvaluation. */
  #inner(module: OwnModule, stack: OwnModule[], startIndex: number): number {
    let index = startIndex
    if (module.status === 'evaluating-async' || module.status === 'evaluated') {
      throwFailureOf(module)
      return index
    }
    if (module.status === 'evaluating') return index
    module.status = 'evaluating'
    module.dfsIndex = index
    module.dfsAncestorIndex = index
    index++
    stack.push(module)
    for (const imported of module.ownDependencies) {
      index = this.#inner(imported, stack, index)
      let dependency = imported
      if (dependency.status === 'evaluating') {
        module.dfsAncestorIndex = Math.min(module.dfsAncestorIndex, dependency.dfsAncestorIndex)
      } else {
        dependency = dependency.cycleRoot
        throwFailureOf(dependency)
      }
      if (dependency.asyncOrder > 0 && dependency.status !== 'evaluated') {
        module.pendingAsyncDependencies++
        dependency.asyncParents.push(module)
      }
    }
    if (module.pendingAsyncDependencies > 0 || module.code?.async) {
      module.asyncOrder = ++this.#asyncOrder
      if (module.pendingAsyncDependencies === 0) this.#executeAsync(module)
    } else {
      execute(module)
    }
    if (module.dfsAncestorIndex === module.dfsIndex) {
      const cycle = stack.splice(stack.indexOf(module))
      for (const member of cycle) {
        member.status = member.asyncOrder > 0 ? 'evaluating-async' : 'evaluated'
        member.cycleRoot = module
      }
      for (const member of cycle) settleExports(member)
    }
    return index
  }

  #executeAsync(module: OwnModule): void {
    this.#pending.add(module)
    let running: Promise<unknown>
    try {
      running = Promise.resolve(run(module))
    } catch (error) {
      running = Promise.reject(error)
    }
    void running.then(
      () => this.#fulfilled(module),
      (error: unknown) => this.#rejected(module, error, module),
    )
  }

  /** The specification's AsyncModuleExecutionFulfilled. */
  #fulfilled(module: OwnModule): void {
    this.#pending.delete(module)
    if (module.status === 'evaluated') return
    finish(module)
    const available: OwnModule[] = []
    gatherAvailable(module, available)
    for (const parent of available.sort((a, b) => a.asyncOrder - b.asyncOrder)) {
      if (parent.status === 'evaluated') continue
      if (parent.code?.async) {
        this.#executeAsync(parent)
        continue
      }
      try {
        execute(parent)
        finish(parent)
      } catch (error) {
        const failed = error instanceof ModuleFailure ? error : new ModuleFailure(error, parent)
        this.#rejected(parent, failed.thrown, failed.module)
      }
    }
  }

  /** The specification's AsyncModuleExecutionRejected. */
  #rejected(module: OwnModule, thrown: unknown, origin: OwnModule): void {
    this.#pending.delete(module)
    if (module.status === 'evaluated') return
    module.status = 'evaluated'
    module.failure = { thrown, module: origin }
    for (const parent of module.asyncParents) this.#rejected(parent, thrown, origin)
    module.settled?.reject(new ModuleFailure(thrown, origin))
  }
}

/** What a module threw, and which one it was. */
export class ModuleFailure extends Error {
  readonly thrown: unknown
  readonly module: OwnModule

  constructor(thrown: unknown, module: OwnModule) {
    super('A module failed')
    this.thrown = thrown
    this.module = module
  }
}

function throwFailureOf({ failure }: OwnModule): void {
  if (failure) throw new ModuleFailure(failure.thrown, failure.module)
}

function execute(module: OwnModule): void {
  try {
    run(module)
  } catch (error) {
    throw error instanceof ModuleFailure ? error : new ModuleFailure(error, module)
  }
}

function run(module: OwnModule): unknown {
  checkCommonJsImports(module)
  const start = module.run
  module.run = undefined
  const result = start?.()
  return isThenable(result) ? result : undefined
}

function finish(module: OwnModule): void {
  module.status = 'evaluated'
  settleExports(module)
  module.settled?.resolve()
}

/** The specification's GatherAvailableAncestors. */
function gatherAvailable(module: OwnModule, available: OwnModule[]): void {
  for (const parent of module.asyncParents) {
    if (available.includes(parent) || parent.cycleRoot.failure) continue
    parent.pendingAsyncDependencies--
    if (parent.pendingAsyncDependencies > 0) continue
    available.push(parent)
    if (!parent.code?.async) gatherAvailable(parent, available)
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (reason: unknown) => void } {
  let resolve: () => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
