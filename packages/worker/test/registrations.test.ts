// What a plugin added, over the threads that take each other's place.
import { describe, expect, it } from 'vitest'
import { type Registration, Registrations } from '../src/registrations.ts'

/** Registrations, and what of them is there on the host, in the order in which it was added. */
function kept() {
  const registrations = new Registrations()
  const there: string[] = []
  let made = 0
  const add = (id: number, what: string, like?: unknown): Registration =>
    registrations.add(id, {
      what,
      like,
      add: () => {
        const name = `${what}#${++made}`
        there.push(name)
        return () => void there.splice(there.indexOf(name), 1)
      },
    })
  return { registrations, there, add }
}

describe('a new thread that adds what the one before it had', () => {
  it('leaves it where it is, and is called from then on', () => {
    const { registrations, there, add } = kept()
    const first = add(1, 'a', { priority: 1 })
    add(2, 'b')
    registrations.begin()
    expect(first.id).toBeUndefined()
    expect(add(7, 'b').id).toBe(7)
    expect(add(8, 'a', { priority: 1 })).toBe(first)
    registrations.settle()
    expect(first.id).toBe(8)
    expect(there).toEqual(['a#1', 'b#2'])
  })

  it('tells apart what is called the same by which of them it is', () => {
    const { registrations, add } = kept()
    const [one, other] = [add(1, 'a'), add(2, 'a')]
    registrations.begin()
    expect([add(5, 'a'), add(6, 'a')]).toEqual([one, other])
    registrations.settle()
    expect([one.id, other.id]).toEqual([5, 6])
  })

  it('replaces what is not the same any more', () => {
    const { registrations, there, add } = kept()
    add(1, 'a', { priority: 1 })
    registrations.begin()
    add(1, 'a', { priority: 2 })
    registrations.settle()
    expect(there).toEqual(['a#2'])
  })

  it('takes back what it does not add, and adds what is new', () => {
    const { registrations, there, add } = kept()
    const gone = add(1, 'a')
    add(2, 'b')
    registrations.begin()
    add(1, 'b')
    add(2, 'c')
    expect(there).toEqual(['a#1', 'b#2', 'c#3'])
    registrations.settle()
    expect(there).toEqual(['b#2', 'c#3'])
    expect(gone.id).toBeUndefined()
  })

  it('may fail on the way: the next goes on from both', () => {
    const { registrations, there, add } = kept()
    const [a, b] = [add(1, 'a'), add(2, 'b')]
    registrations.begin()
    add(1, 'a')
    registrations.begin()
    add(3, 'a')
    add(4, 'b')
    registrations.settle()
    expect([a.id, b.id]).toEqual([3, 4])
    expect(there).toEqual(['a#1', 'b#2'])
  })
})

describe('what is taken back', () => {
  it('is gone once, and what was taken back before is not expected of a new thread', () => {
    const { registrations, there, add } = kept()
    add(1, 'a')
    add(2, 'a')
    registrations.undo(1)
    registrations.undo(1)
    expect(there).toEqual(['a#2'])
    registrations.begin()
    // As its predecessor did: adds one, takes it back, adds another.
    add(1, 'a')
    registrations.undo(1)
    add(2, 'a')
    registrations.settle()
    expect(there).toEqual(['a#2'])
    expect(registrations.get(2)?.id).toBe(2)
  })

  it('is nothing where it could not be added', () => {
    const { registrations } = kept()
    const add = () => {
      throw new Error('refused')
    }
    expect(() => registrations.add(1, { what: 'a', add })).toThrow('refused')
    expect(registrations.get(1)).toBeUndefined()
  })
})
