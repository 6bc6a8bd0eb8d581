// Which changes are dealt with, and in which turn.
import type { FileChange } from '@cf-plugins/watcher'
import { expect, it } from 'vitest'
import { ChangeQueue } from '../src/change-queue.ts'

const change = (file: string, hash: string): FileChange => ({ kind: 'change', file, hash })

it('deals with the last change of each file', async () => {
  const dealt: string[][] = []
  const queue = new ChangeQueue(async (changes) => dealt.push(changes.map(({ file, hash }) => `${file} ${hash}`)))
  queue.add([change('a', 'first'), change('b', 'first')])
  queue.add([change('a', 'second')])
  expect(dealt).toEqual([])
  queue.open()
  await queue.idle()
  expect(dealt).toEqual([['a second', 'b first']])
})

it('tries again what was in vain apart from what is new, and nothing of which there is something newer', async () => {
  const dealt: string[][] = []
  const queue = new ChangeQueue(async (changes) => dealt.push(changes.map(({ file, hash }) => `${file} ${hash}`)))
  queue.open()
  queue.addAgain([change('c', 'old'), change('a', 'old')])
  queue.add([change('a', 'new'), change('b', 'new')])
  await queue.idle()
  expect(dealt).toEqual([['c old'], ['a new', 'b new']])
})

it('is idle when what was put behind all that there was is dealt with too', async () => {
  const dealt: string[][] = []
  const queue = new ChangeQueue(async (changes) => {
    dealt.push(changes.map(({ file, hash }) => `${file} ${hash}`))
    if (dealt.length === 1) queue.addAgain([change('c', 'old')])
  })
  queue.open()
  queue.add([change('a', 'new')])
  await queue.idle()
  expect(dealt).toEqual([['a new'], ['c old']])
})

it('tries again with the first batch what was in vain before it was open', async () => {
  const dealt: string[][] = []
  const queue = new ChangeQueue(async (changes) => dealt.push(changes.map(({ file, hash }) => `${file} ${hash}`)))
  queue.add([change('a', 'new')])
  queue.addAgain([change('c', 'old'), change('a', 'old')])
  queue.open()
  await queue.idle()
  expect(dealt).toEqual([['a new', 'c old']])
})

it('drops what has not begun when it is closed, and waits for what has', async () => {
  let end = () => {}
  const dealt: string[] = []
  const queue = new ChangeQueue(async ([first]) => {
    dealt.push(first?.file ?? '')
    await new Promise<void>((resolve) => {
      end = resolve
    })
  })
  queue.open()
  queue.add([change('a', 'x')])
  await expect.poll(() => dealt).toEqual(['a'])
  queue.add([change('b', 'x')])
  const closed = queue.close()
  queue.add([change('c', 'x')])
  end()
  await closed
  await queue.idle()
  expect(dealt).toEqual(['a'])
})
