// Module graphs that must behave the same natively and through the loader. Each prints through `log`.

/** Files of a graph by name; `main.mjs` is the entry. `log` is `globalThis.log`. */
export const moduleGraphs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'live bindings and functions that are hoisted': {
    'main.mjs': `import { n, inc, early } from './a.mjs'; log(n); inc(); log(n); log(early()); export {}`,
    'a.mjs': `export let n = 1; export function inc() { n++ } export function early() { return typeof inc }`,
  },
  'a cycle with functions and a temporal dead zone': {
    'main.mjs': `import './a.mjs'`,
    'a.mjs': `import { b, useA } from './b.mjs'; export function fa() { return 'fa' } export let a = 'a'; log(b, useA())`,
    'b.mjs': `import { a, fa } from './a.mjs'; log(fa()); try { log(a) } catch (e) { log(e.name, e.message) } export const b = 'b'; export const useA = () => a`,
  },
  'a cycle of three through a barrel': {
    'main.mjs': `import * as ns from './index.mjs'; log(ns.one(), ns.two(), Object.keys(ns))`,
    'index.mjs': `export * from './one.mjs'; export * from './two.mjs'`,
    'one.mjs': `import { two } from './index.mjs'; export const one = () => 'one' + two(); log('one ran')`,
    'two.mjs': `import { one } from './index.mjs'; export const two = () => 'two'; try { one() } catch (e) { log(e.message) } log('two ran')`,
  },
  'defaults of all kinds': {
    'main.mjs': `
import f from './f.mjs'; import c from './c.mjs'; import arrow from './arrow.mjs'; import n, { named } from './n.mjs'; import obj from './obj.mjs'
import af from './af.mjs'; import g from './g.mjs'; import pc from './pc.mjs'; import d2 from './d2.mjs'
log(f.name, f(), c.name, c.s, arrow.name, arrow(), n.name, named === n, obj, af.name, g.name, [...g()], pc.name, d2)`,
    'f.mjs': `log(typeof self); import self from './f.mjs'; export default function () { return 'anonymous' }`,
    'c.mjs': `export default class { static s = this.name }`,
    'arrow.mjs': `export default () => 'arrow'`,
    'n.mjs': `export default function named2() {} ; export { named2 as named }`,
    'obj.mjs': `export default { a: [1, 2] }\nlog('after default')`,
    'af.mjs': `export default async function /* a ( comment */ () {}`,
    'g.mjs': `export default function* () { yield 1 }`,
    'pc.mjs': `export default (class {})`,
    'd2.mjs': `const d = 4; export { d as default }`,
  },
  'a default that is an expression does not follow its variable': {
    'main.mjs': `import d, { v, set } from './a.mjs'; set(); log(d, v)`,
    'a.mjs': `let v = 1; export default v; export { v }; export function set() { v = 2 }`,
  },
  'a default function declaration follows its binding': {
    'main.mjs': `import d, { set } from './a.mjs'; log(d()); set(); log(d)`,
    'a.mjs': `export default function foo() { return 1 } export function set() { foo = 'changed' }`,
  },
  'stars, ambiguity and renamed exports': {
    'main.mjs': `import * as ns from './star.mjs'; import { same, own, sub } from './star.mjs'; log(Object.keys(ns), 'clash' in ns, ns.default, same, own, sub.x, ns.sub === sub)`,
    'star.mjs': `export * from './x.mjs'; export * from './y.mjs'; export const own = 'mine'; export * as sub from './x.mjs'`,
    'x.mjs': `export const x = 1; export const clash = 'x'; export const own = 'theirs'; export default 'not starred'; export { same } from './z.mjs'`,
    'y.mjs': `export const y = 2; export const clash = 'y'; export * from './z.mjs'`,
    'z.mjs': `export const same = 'same'; export const zz = 'zz'`,
  },
  'the shape of a namespace': {
    'main.mjs': `import * as ns from './a.mjs'
log(Object.prototype.toString.call(ns), Object.getPrototypeOf(ns), Object.isExtensible(ns), Object.keys(ns), Reflect.ownKeys(ns).length)
for (const f of [() => { ns.a = 2 }, () => { ns.nope = 1 }, () => { delete ns.a }, () => { ns.live = 1 }]) { try { f(); log('no error') } catch (e) { log(e.name) } }
log(ns.a, 'a' in ns, 'q' in ns, ns.q, JSON.stringify(ns), { ...ns })`,
    'a.mjs': `export const b = 1, a = { deep: 1 }; export let live = 0; export const next = () => live++; export const A = 0, $ = 1, _ = 2`,
  },
  shadowing: {
    'main.mjs': `import { x, f } from './a.mjs'
const o = { x, f, y: x, [x]: 1, x() { return x } }; log(o.x(), o.y, o.ex)
log(((x) => x)(1), (() => { let x = 2; return x })(), (function x() { return typeof x })(), (({ x }) => x)({ x: 3 }), (([x = f()]) => x)([]))
{ let x = 4; log(x) } { class x { static y = 5 } log(x.y) } try { throw 6 } catch (x) { log(x) }; for (let x of [7]) log(x); for (const x in { k: 1 }) log(x)
function g(a = x) { var x = 8; return [a, x] } log(g()); function h() { return x; var x } log(h())
switch (1) { case 1: { const x = 9; log(x) } } x: for (;;) { break x } log(x)
const k = class x { z = typeof x }; log(new k().z); class m { x = x; static { log(x) } get y() { return x } [x]() { return 'computed' } } log(new m().x, new m().y, new m().ex())
log(\`\${x} and \${(() => { const x = 'inner'; return \`\${x}\` })()}\`, typeof x, x?.length, x?.[0], o?.f?.())
const { x: renamed = x } = {}; log(renamed); const fn = ({ a = x } = {}) => a; log(fn())`,
    'a.mjs': `export const x = 'ex'; export function f() { return this === undefined ? 'no this' : 'this' }`,
  },
  'calls do not hand the namespace on, and need no semicolon before them': {
    'main.mjs': `import { f, t, C } from './a.mjs'
const a = 1
f()
let b = a
f()
t\`x\`
f?.()
if (a) f()
else f()
for (const _ of [1]) f()
do f()
while (false)
f(), f()
const q = [1]
f().length
;[f, t].forEach((one) => one\`y\`)
switch (a) { case 1:
f() }
const arrow = () => f()
arrow()
label: f()
log(new C().k, new C, new (f().constructor)('s').length)`,
    'a.mjs': `export function f() { log(this); return 'f' } export function t() { log(this); return 't' } export class C { k = 1 }`,
  },
  'assigning to an import throws': {
    'main.mjs': `import { x } from './a.mjs'; for (const f of [() => { x = 1 }, () => { x++ }, () => { [x] = [1] }, () => { ({ x } = { x: 1 }) }, () => { for (x of [1]); }]) { try { f(); log('no') } catch (e) { log(e.name) } }`,
    'a.mjs': `export const x = 0`,
  },
  'top-level await, siblings in their order': {
    'main.mjs': `import { a } from './a.mjs'; import { b } from './b.mjs'; import './sync.mjs'; log(a, b)`,
    'a.mjs': `log('a starts'); await 0; await 0; log('a goes on'); export const a = 'a'`,
    'b.mjs': `log('b starts'); await 0; log('b goes on'); export const b = await Promise.resolve('b')`,
    'sync.mjs': `log('sync')`,
  },
  'top-level await in a cycle, and a parent that waits': {
    'main.mjs': `import './p.mjs'; import './q.mjs'; log('main')`,
    'p.mjs': `import { q } from './q.mjs'; log('p', q); export const p = 1`,
    'q.mjs': `import './p.mjs'; log('q starts'); await 0; export const q = 'q'; log('q ends')`,
  },
  'for await, async iterators and await in a class head': {
    'main.mjs': `for await (const x of [1, Promise.resolve(2)]) log(x); class A extends (await Promise.resolve(Object)) {} log(A.name); const f = async () => { await 0; return 'f' }; log(await f())`,
  },
  'dynamic import': {
    'main.mjs': `const ns = await import('./a.mjs'); log(ns.a); const again = await import('./a.mjs'); log(ns === again); import('./a.mjs').then((m) => log(m === ns)); await 0; await 0; try { await import('./bad.mjs') } catch (e) { log(e.message) } try { await import('./bad.mjs') } catch (e) { log(e.message) } const n = './' + 'a.mjs'; log((await import(n)).a); log((await import('node:path')).sep)`,
    'a.mjs': `log('a ran'); export const a = 1`,
    'bad.mjs': `throw new Error('bad')`,
  },
  'import.meta': {
    'main.mjs': `import { basename } from 'node:path'; log(Object.keys(import.meta).sort().join().replace('main,', ''), basename(import.meta.url), basename(import.meta.filename), basename(import.meta.dirname) !== '', basename(import.meta.resolve('./x.mjs')), import.meta.resolve('node:fs'), Object.getPrototypeOf(import.meta)); import.meta.own = 1; log(import.meta.own)`,
  },
  'JSON and CommonJS': {
    'main.mjs': `import data from './data.json' with { type: 'json' }; import cjs, { named, other } from './c.cjs'; import * as all from './c.cjs'; log(data, cjs.named, named, other, Object.keys(all).filter((k) => k !== 'module.exports')); const j = await import('./data.json', { with: { type: 'json' } }); log(j.default === data, Object.keys(j))`,
    'data.json': `{ "a": [1] }`,
    'c.cjs': `exports.named = 'n'; exports.other = require('./d.cjs'); log(this === exports, module.exports === exports, typeof require, __filename.slice(-5))`,
    'd.cjs': `module.exports = 'd'; log(require('node:path').sep, require('./data.json').a)`,
  },
  "the host's modules": {
    'main.mjs': `import fs, { readFileSync } from 'node:fs'; import * as path from 'path'; export * from 'node:os'; import { EOL } from './main.mjs'; log(fs.readFileSync === readFileSync, path.join('a', 'b'), EOL)`,
  },
  'strict mode, this and hoisting of var': {
    'main.mjs': `log(this, typeof v, typeof fn, (function () { return this })()); var v = 1; function fn() {} try { undeclared = 1 } catch (e) { log(e.name) } log(typeof later); { function later() {} } export { v as 'a string name' }; import { 'a string name' as w } from './main.mjs'; log(w)`,
  },
  'order of evaluation': {
    'main.mjs': `import './a.mjs'; log('main'); import './b.mjs'; export * from './c.mjs'; export { d } from './d.mjs'`,
    'a.mjs': `import './b.mjs'; log('a')`,
    'b.mjs': `log('b')`,
    'c.mjs': `log('c')`,
    'd.mjs': `import './a.mjs'; log('d'); export const d = 1`,
  },
  'a module that throws': {
    'main.mjs': `try { await import('./p.mjs') } catch (e) { log(e.message) } try { await import('./q.mjs') } catch (e) { log(e.message) }`,
    'p.mjs': `import './q.mjs'; log('never')`,
    'q.mjs': `log('once'); throw new Error('q')`,
  },
  'destructured and re-assigned exports': {
    'main.mjs': `import { a, b, c, d, rest, v, bump, f } from './a.mjs'; log(a, b, c, d, rest, v, f); bump(); log(a, v, f)`,
    'a.mjs': `export let { a, b: [b, ...c], d = 'default', ...rest } = { a: 1, b: [2, 3, 4], e: 5 }; export var v; v = 'assigned later'; export function f() {} export function bump() { [a] = ['changed']; ({ v } = { v: 'again' }); f = null }`,
  },
  'a query makes another instance': {
    'main.mjs': `import { id as one } from './a.mjs'; import { id as two } from './a.mjs?two'; import { id as three } from './a.mjs'; log(one === two, one === three)`,
    'a.mjs': `export const id = {}; log(import.meta.url.split('/').pop())`,
  },
  'comments, hashbang, template strings and regular expressions': {
    'main.mjs': `#!/usr/bin/env node
import { x } from './a.mjs' // a comment
/* export */ const s = \`a
 \${x} // not a comment
 \${\`\${x}\`} import x\`; log(s, /import x/.test('import x'), 'export default x'); let i = 5, k = 0; while (i --> 0) k++; log(k, i)
export { s } /* trailing */ // end`,
    'a.mjs': `export const x = 'X'`,
  },
}
