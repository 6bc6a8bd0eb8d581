// Which names of a module its identifiers mean: a scope analysis over acorn's tree.
import type {
  AnyNode,
  CallExpression,
  Class,
  Function as FunctionNode,
  Identifier,
  ImportExpression,
  MetaProperty,
  Node,
  Pattern,
  Program,
} from 'acorn'
import { boundNames, evaluatedBy, Scope, targetsOf } from './bindings.ts'

/** One place where a module uses one of its own top-level names or imports. */
export interface Reference {
  readonly node: Identifier
  /** `call` must not hand its object on as `this`; `shorthand` is both a key and a value. */
  readonly role: 'plain' | 'call' | 'shorthand'
  readonly write: boolean
  /** Whether it runs in a function (or field, or static block) rather than in the module's own body. */
  readonly nested: boolean
}

export interface ModuleScope {
  /** Uses of the names that were asked about, where no inner scope means something else by them. */
  readonly references: readonly Reference[]
  readonly dynamicImports: readonly ImportExpression[]
  readonly metas: readonly MetaProperty[]
  readonly hasTopLevelAwait: boolean
  /** A direct `eval` can assign to anything. */
  readonly hasDirectEval: boolean
  /** Where a statement of a list begins with an expression: there a parenthesis needs a semicolon before it. */
  readonly statementStarts: ReadonlySet<number>
}

/** Finds every use of `names` (a module's imports, and what it exports) in `program`. */
export function analyseScope(program: Program, names: ReadonlySet<string>): ModuleScope {
  const analyser = new Analyser(names)
  analyser.run(program)
  return analyser
}

class Analyser implements ModuleScope {
  readonly dynamicImports: ImportExpression[] = []
  readonly metas: MetaProperty[] = []
  readonly statementStarts = new Set<number>()
  hasTopLevelAwait = false
  hasDirectEval = false
  references: Reference[] = []
  readonly #names: ReadonlySet<string>
  readonly #module = new Scope(undefined, 'module')
  readonly #found: { reference: Reference; scope: Scope }[] = []

  constructor(names: ReadonlySet<string>) {
    this.#names = names
  }

  run(program: Program): void {
    this.#statements(program.body, this.#module)
    // Only now, because a declaration counts before its line too.
    this.references = this.#found
      .filter(({ reference, scope }) => this.#meansModule(reference.node.name, scope))
      .map(({ reference }) => reference)
  }

  #meansModule(name: string, from: Scope): boolean {
    for (let scope: Scope | undefined = from; scope && scope !== this.#module; scope = scope.parent) {
      if (scope.names.has(name)) return false
    }
    return true
  }

  #refer(node: Identifier, scope: Scope, role: Reference['role'] = 'plain', write = false): void {
    if (this.#names.has(node.name)) this.#found.push({ reference: { node, role, write, nested: scope.nested }, scope })
  }

  #declare(pattern: Pattern | null | undefined, scope: Scope, isVar = false): void {
    let owner = scope
    while (isVar && !owner.takesVar && owner.parent) owner = owner.parent
    for (const { name } of boundNames(pattern)) owner.names.add(name)
  }

  #statements(list: readonly Node[], scope: Scope): void {
    for (const statement of list) {
      if (statement.type === 'ExpressionStatement') this.statementStarts.add(statement.start)
      this.#visit(statement, scope)
    }
  }

  #visitAll(nodes: readonly (Node | null | undefined)[], scope: Scope): void {
    for (const node of nodes) if (node) this.#visit(node, scope)
  }

  #visit(anyNode: Node, scope: Scope): void {
    const node = anyNode as AnyNode
    switch (node.type) {
      case 'Identifier':
        this.#refer(node, scope)
        return
      case 'Literal':
      case 'TemplateElement':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'ExportNamedDeclaration':
        if (node.declaration) this.#visit(node.declaration, scope)
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.metas.push(node)
        return
      case 'ImportExpression':
        this.dynamicImports.push(node)
        this.#children(node, scope)
        return
      case 'AwaitExpression':
        if (!scope.nested) this.hasTopLevelAwait = true
        this.#visit(node.argument, scope)
        return
      case 'MemberExpression':
        this.#visit(node.object, scope)
        if (node.computed) this.#visit(node.property, scope)
        return
      case 'CallExpression':
        this.#call(node, scope)
        return
      case 'TaggedTemplateExpression':
        if (node.tag.type === 'Identifier') this.#refer(node.tag, scope, 'call')
        else this.#visit(node.tag, scope)
        this.#visit(node.quasi, scope)
        return
      case 'Property':
        if (node.computed) this.#visit(node.key, scope)
        if (node.shorthand && node.value.type === 'Identifier') this.#refer(node.value, scope, 'shorthand')
        else this.#visit(node.value, scope)
        return
      case 'AssignmentExpression':
        this.#target(node.left, scope)
        this.#visit(node.right, scope)
        return
      case 'UpdateExpression':
        this.#target(node.argument, scope)
        return
      case 'LabeledStatement':
        this.#visit(node.body, scope)
        return
      case 'VariableDeclaration':
        for (const declarator of node.declarations) {
          this.#declare(declarator.id, scope, node.kind === 'var')
          this.#defaults(declarator.id, scope)
          if (declarator.init) this.#visit(declarator.init, scope)
        }
        return
      case 'FunctionDeclaration':
        this.#declare(node.id, scope)
        this.#function(node, scope)
        return
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const named = new Scope(scope, 'block')
        this.#declare(node.id, named)
        this.#function(node, named)
        return
      }
      case 'ClassDeclaration':
        this.#declare(node.id, scope)
        this.#class(node, scope)
        return
      case 'ClassExpression':
        this.#class(node, scope)
        return
      case 'BlockStatement':
        this.#statements(node.body, new Scope(scope, 'block'))
        return
      case 'CatchClause': {
        const caught = new Scope(scope, 'block')
        this.#declare(node.param, caught)
        this.#defaults(node.param, caught)
        this.#visit(node.body, caught)
        return
      }
      case 'SwitchStatement': {
        this.#visit(node.discriminant, scope)
        const cases = new Scope(scope, 'block')
        for (const one of node.cases) {
          if (one.test) this.#visit(one.test, cases)
          this.#statements(one.consequent, cases)
        }
        return
      }
      case 'ForStatement':
        this.#children(node, new Scope(scope, 'block'))
        return
      case 'ForInStatement':
      case 'ForOfStatement': {
        if (node.type === 'ForOfStatement' && node.await && !scope.nested) this.hasTopLevelAwait = true
        const loop = new Scope(scope, 'block')
        if (node.left.type === 'VariableDeclaration') this.#visit(node.left, loop)
        else this.#target(node.left, loop)
        this.#visit(node.right, loop)
        this.#visit(node.body, loop)
        return
      }
      default:
        this.#children(node, scope)
    }
  }

  #children(node: Node, scope: Scope): void {
    const children = node as unknown as Record<string, unknown>
    for (const key in children) {
      const child = children[key]
      if (Array.isArray(child)) this.#visitAll(child, scope)
      else if (isNode(child)) this.#visit(child, scope)
    }
  }

  #call(node: CallExpression, scope: Scope): void {
    if (node.callee.type === 'Identifier') {
      if (node.callee.name === 'eval') this.hasDirectEval = true
      this.#refer(node.callee, scope, 'call')
    } else {
      this.#visit(node.callee, scope)
    }
    this.#visitAll(node.arguments, scope)
  }

  #function(node: FunctionNode, scope: Scope): void {
    const parameters = new Scope(scope, 'function')
    for (const parameter of node.params) {
      this.#declare(parameter, parameters)
      this.#defaults(parameter, parameters)
    }
    if (node.body.type !== 'BlockStatement') this.#visit(node.body, parameters)
    // A scope of its own: a parameter's default does not see the body's variables.
    else this.#statements(node.body.body, new Scope(parameters, 'function'))
  }

  #class(node: Class, scope: Scope): void {
    const inner = new Scope(scope, 'block')
    this.#declare(node.id, inner)
    if (node.superClass) this.#visit(node.superClass, inner)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        this.#statements(member.body, new Scope(inner, 'function'))
        continue
      }
      if (member.computed) this.#visit(member.key, inner)
      if (member.value)
        this.#visit(member.value, member.type === 'PropertyDefinition' ? new Scope(inner, 'function') : inner)
    }
  }

  /** What a binding pattern evaluates: its default values and computed keys. */
  #defaults(pattern: Pattern | null | undefined, scope: Scope): void {
    for (const node of evaluatedBy(pattern)) this.#visit(node, scope)
  }

  /** What an assignment writes to. */
  #target(target: Node, scope: Scope): void {
    for (const { written, isShorthand, evaluated } of targetsOf(target)) {
      if (written) this.#refer(written, scope, isShorthand ? 'shorthand' : 'plain', true)
      else this.#visit(evaluated, scope)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string'
}
