// What the load judges by: which answers may be seen when.
import { expect, it } from 'vitest'
import { now } from '../src/load/clock.ts'
import { Conversation } from '../src/load/conversation.ts'
import { type Failure, Judge } from '../src/load/judge.ts'
import { Latencies } from '../src/load/latencies.ts'
import { type Fact, Ledger, type Seen } from '../src/load/ledger.ts'

const seen = (more: Partial<Seen> = {}): Seen => ({
  plugin: 'files',
  sentAt: 100,
  status: 200,
  retryAfter: undefined,
  versions: new Map(),
  ...more,
})
const made = (version: number, sentAt: number) => seen({ versions: new Map([['files', version]]), sentAt })

function ledgerOf(...facts: readonly Fact[]): Ledger {
  const ledger = new Ledger()
  for (const fact of facts) ledger.take(fact)
  return ledger
}

it('lets the old code and the new one answer what was sent before the new one was known to serve, and then the new one alone', () => {
  const ledger = ledgerOf(
    { fact: 'offer', of: 'files', version: 1 },
    { fact: 'offer', of: 'files', version: 2 },
    { fact: 'active', of: 'files', version: 2, at: 50 },
  )
  expect(ledger.judge(made(1, 49))).toBeUndefined()
  expect(ledger.judge(made(2, 49))).toBeUndefined()
  expect(ledger.judge(made(2, 51))).toBeUndefined()
  expect(ledger.judge(made(1, 51))).toMatch('version 1 of files, 1 ms after 2 was active')
})

it('never lets code answer that was not offered, such as that of a broken edit', () => {
  const ledger = ledgerOf({ fact: 'offer', of: 'files', version: 1 })
  expect(ledger.judge(made(2, 10))).toMatch('broken or unknown')
})

it('takes a 503 from a plugin that is disabled just then, with retry-after, and from nobody else', () => {
  const refused = (sentAt: number) => seen({ status: 503, retryAfter: '1', sentAt })
  const ledger = ledgerOf({ fact: 'leaving', plugin: 'files' })
  expect(ledger.judge(refused(10))).toBeUndefined()
  expect(ledger.judge(seen({ status: 503 }))).toMatch('without retry-after')
  expect(ledger.judge({ ...refused(10), plugin: 'admin' })).toMatch('not disabled')
  expect(ledger.judge(seen({ sentAt: 10 }))).toBeUndefined()

  ledger.take({ fact: 'gone', plugin: 'files', at: 20 })
  expect(ledger.judge(seen({ sentAt: 21 }))).toMatch('is disabled')
  expect(ledger.judge(seen({ sentAt: 19 }))).toBeUndefined()

  ledger.take({ fact: 'returning', plugin: 'files' })
  expect(ledger.judge(seen({ sentAt: 21 }))).toBeUndefined()
  ledger.take({ fact: 'back', plugin: 'files', at: 30 })
  expect(ledger.judge(refused(29))).toBeUndefined()
  expect(ledger.judge(refused(31))).toMatch('not disabled')
})

it('counts a request whose connection ended, one that is wrong, and one that waits until the end, as failed', () => {
  const failures: Failure[] = []
  const judge = new Judge((failure) => failures.push(failure))
  const check = ({ status }: { status: number }) => (status === 200 ? undefined : 'not 200')
  const asks = function* () {
    for (;;) yield { kind: 'list', plugin: 'files', method: 'GET', path: '/files', check } as const
  }
  const client = new Conversation(judge, asks())
  judge.take({ fact: 'begin', edit: 7, kind: 'test' })
  client.next()
  client.answered(200, '', {})
  client.next()
  client.answered(404, 'gone', {})
  client.next()
  client.next()
  client.giveUp(60_000)
  expect(judge.take({ fact: 'end', edit: 7 })).toMatchObject({ answered: 2, failed: 2 })
  client.giveUp(-1)
  expect(failures.map(({ wrong }) => wrong)).toEqual([
    'GET /files: 404, not 200: gone',
    'GET /files: no answer: the connection ended',
    'GET /files: no answer until the end',
  ])
  expect(judge.totals()).toMatchObject({ answered: 2, failed: 3, statuses: { 200: 1, 404: 1 } })
  expect(now()).toBeGreaterThan(0)
})

it('knows percentiles of what it counted to 2 %', () => {
  const latencies = new Latencies()
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms)
  const { p50, p99, max } = latencies.figures()
  expect([Math.abs(p50 / 500 - 1) < 0.021, Math.abs(p99 / 990 - 1) < 0.021, max]).toEqual([true, true, 1000])
})
