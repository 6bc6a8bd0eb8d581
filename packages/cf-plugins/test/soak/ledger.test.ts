// What the soak calls lost, doubled and out of order: a judge that never finds anything would prove nothing.
import { describe, expect, it } from 'vitest'
import { Judge } from '../../soak/judge.ts'
import { Ledger } from '../../soak/ledger.ts'

/** What a ledger says of numbers that were sent, some of them refused, and arrived in some order. */
function told({ sent = [1, 2, 3, 4], refused = [] as number[], arrived = [] as number[] }): string[] {
  const lines: string[] = []
  const ledger = new Ledger((wrong, number) => lines.push(`${number} ${wrong}`))
  for (const number of sent) ledger.send(number)
  for (const number of refused) expect(ledger.refuse(number)).toBe(true)
  for (const number of arrived) ledger.arrive(number)
  ledger.close()
  return lines
}

describe('a ledger', () => {
  it.each([
    ['nothing, where all arrives in order', { arrived: [1, 2, 3, 4] }, []],
    ['nothing of what was refused', { arrived: [1, 2, 4], refused: [3] }, []],
    ['what never came, at the end', { arrived: [1, 2, 3] }, ['4 lost']],
    ['what was passed over', { arrived: [1, 3, 4] }, ['2 lost']],
    ['what came after a later one', { arrived: [1, 3, 2, 4] }, ['2 reordered']],
    ['what came twice', { arrived: [1, 2, 2, 3, 4] }, ['2 doubled']],
    ['what came twice, after others', { arrived: [1, 2, 3, 4, 1] }, ['1 doubled']],
    ['what came although it was refused', { arrived: [1, 2, 3, 4], refused: [2] }, ['2 doubled']],
  ])('tells %s', (_what, course, expected) => {
    expect(told(course)).toEqual(expected)
  })

  it('refuses nothing that has arrived', () => {
    const ledger = new Ledger(() => {})
    ledger.send(1)
    ledger.arrive(1)
    expect(ledger.refuse(1)).toBe(false)
  })

  it('counts what is still to come', () => {
    const ledger = new Ledger(() => {})
    for (let number = 1; number <= 5000; number++) ledger.send(number)
    for (let number = 1; number <= 4990; number++) if (number !== 7) ledger.arrive(number)
    expect(ledger.open).toBe(11)
  })
})

describe('a judge', () => {
  it('tells a counter that goes back, once, with what it should be, and where', () => {
    const lines: string[] = []
    const judge = new Judge((line) => lines.push(line))
    judge.where = () => 'seed 1, reload 5'
    for (const value of [1, 2, 1, 2]) judge.count('web', 'heard', value)
    expect(lines).toEqual(['WRONG (state) seed 1, reload 5: plugin "web" counts heard 1; expected 3'])
    expect(judge.total).toBe(1)
  })

  it('tells state that is not what its own calls said', () => {
    const lines: string[] = []
    const judge = new Judge((line) => lines.push(line))
    judge.count('web', 'heard', 1)
    judge.compare('web', { heard: 1 })
    expect(lines).toEqual([])
    judge.compare('web', { heard: 0 })
    expect(lines).toEqual(['WRONG (state) : plugin "web" has heard 0; expected 1'])
  })
})
