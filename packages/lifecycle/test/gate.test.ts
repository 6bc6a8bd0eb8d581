// The queue of a closed gate: its limit, its order, and how it ends.
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, it } from 'vitest'
import { Gate } from '../src/gate.ts'
import { rejection } from './support.ts'

const ROOM = 1000
const down = new PluginError('CFP_ROLLBACK_FAILED', 'It is down.')

/** A closed gate that is full, and what it has delivered. */
function fullGate(roomMs?: number) {
  const gate = new Gate({ name: 'a' }, roomMs === undefined ? {} : { roomMs })
  const delivered: unknown[] = []
  const send = (what: unknown, kind: 'call' | 'emit' | 'publish') => gate.park(() => delivered.push(what), kind)
  gate.close()
  for (let index = 0; index < ROOM; index++) void send(index, 'publish').catch(() => {})
  return { gate, delivered, send }
}

describe('an emit for which there is no room', () => {
  it('waits only so long, and those behind it so long from when they came (fault 56)', async () => {
    const { gate, delivered, send } = fullGate(30)
    const first = rejection(send('first', 'emit'))
    await new Promise((resolve) => setTimeout(resolve, 15))
    const from = performance.now()
    const second = rejection(send('second', 'emit'))
    expect(await first).toMatchObject({ code: 'CFP_PLUGIN_BUSY', plugin: 'a' })
    expect(gate.parked).toBe(ROOM + 1)
    expect(await second).toMatchObject({ code: 'CFP_PLUGIN_BUSY' })
    expect(performance.now() - from).toBeGreaterThanOrEqual(29)
    gate.open()
    expect(delivered).toHaveLength(ROOM)
  })

  it('keeps what nobody waits with out, until it is in itself', async () => {
    const { gate, delivered, send } = fullGate()
    const waiting = send('waiting', 'emit')
    expect(() => send('busy', 'publish')).toThrow(expect.objectContaining({ code: 'CFP_PLUGIN_BUSY' }))
    gate.open()
    await waiting
    expect(delivered).toEqual([...Array(ROOM).keys(), 'waiting'])
  })

  it('is refused where the plugin does not come back, unless calls leave room', async () => {
    const { gate, delivered, send } = fullGate()
    const refused = rejection(send('refused', 'emit'))
    gate.keep(down)
    expect(await refused).toMatchObject({ code: 'CFP_PLUGIN_BUSY' })
    expect([gate.parked, gate.closed]).toEqual([ROOM, false])
    gate.open()
    expect(delivered).toHaveLength(ROOM)

    const other = new Gate({ name: 'b' })
    other.close()
    const calls = Array.from({ length: ROOM }, () => rejection(other.park(() => {}, 'call')))
    const kept = rejection(other.park(() => {}, 'emit'))
    other.keep(down)
    expect(await calls[0]).toBe(down)
    expect(await kept).toMatchObject({ code: 'CFP_EVENT_KEPT' })
    expect(other.discard(down)).toBe(1)
  })
})
