// The tour, run as whoever types `npm start -- --once` runs it.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { edited, startPlain, temporaryFolder } from './playground-process.ts'

describe('the tour', () => {
  it('makes five edits under running plugins, and each does what it must', async () => {
    const scratch = await temporaryFolder()
    const tour = startPlain(['--once'], { TMPDIR: scratch, XDG_RUNTIME_DIR: scratch })
    expect(await tour.ended, tour.text()).toBe(0)
    const text = tour.text()

    expect(text).toMatch(/database is failed: .*\(database\.ts\): .*ECONNREFUSED/)
    expect(text).toMatch(/reports is blocked: .*"database"/)
    expect(text).toMatch(/mailer is disabled/)
    expect(edited(text, 1)).toMatch(/reloaded counter, .* state of counter, .*kept\n/)
    expect(edited(text, 1)).toMatch(/✔ the count went on from \d+ to \d+, now in steps of 10\n/)
    expect(edited(text, 2)).toMatch(/not reloaded counter .*: the old code serves on\n.*counter\.ts:\d+:\d+/)
    expect(edited(text, 2)).toMatch(/✔ the count went on from \d+ to \d+, now in steps of 10\n/)
    expect(edited(text, 3)).toMatch(/rolled back counter, .*\n.*no room for a counter/)
    expect(edited(text, 3)).toMatch(/✔ the count went on from \d+ to \d+, now in steps of 10\n/)
    expect(edited(text, 4)).toMatch(/✔ greeter and announcer say "Good day"\n/)
    expect(edited(text, 5)).toMatch(/✔ the host knows no stats any more\n/)
    expect(edited(text, 5)).toMatch(/✔ stats went on where it was: [1-9]\d* events before, \d+ now\n/)
    expect(text).toMatch(/^5 of 5 edits did what they must, as seen by process \d+/m)
    expect(text).not.toMatch(/^ {3}✖/m)
  })

  it('leaves nothing behind, says nothing besides, and has no colours in a pipe', async () => {
    const scratch = await temporaryFolder()
    const tour = startPlain(['--once'], { TMPDIR: scratch, XDG_RUNTIME_DIR: scratch })
    let raw = ''
    let errors = ''
    tour.child.stdout?.on('data', (chunk: string) => {
      raw += chunk
    })
    tour.child.stderr?.on('data', (chunk: string) => {
      errors += chunk
    })
    expect(await tour.ended, tour.text()).toBe(0)
    expect(errors).toBe('')
    expect(raw).toBe(tour.text())
    const files = await readdir(scratch, { recursive: true, withFileTypes: true })
    expect(files.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([])
    expect((await readdir(scratch)).filter((name) => !/^cf-plugins(-hosts)?-\d+$/.test(name))).toEqual([])
  })

  it('ends early where it is interrupted, and takes everything with it', async () => {
    const scratch = await temporaryFolder()
    const tour = startPlain(['--once'], { TMPDIR: scratch, XDG_RUNTIME_DIR: scratch })
    await tour.written('✔')
    tour.child.kill('SIGINT')
    expect(await tour.ended).toBe(1)
    expect(tour.text()).toContain('ended by SIGINT')
    expect((await readdir(scratch)).filter((name) => !/^cf-plugins(-hosts)?-\d+$/.test(name))).toEqual([])
  })

  it('refuses options that it does not know, and folders that are none', async () => {
    const unknown = startPlain(['--twice'])
    expect(await unknown.ended).toBe(2)
    expect(unknown.text()).toMatch(/--twice[\s\S]*Usage:/)
    const missing = startPlain(['--once', '--plugins', join(await temporaryFolder(), 'none')])
    expect(await missing.ended).toBe(2)
    expect(missing.text()).toMatch(/none is no folder/)
  })
})
