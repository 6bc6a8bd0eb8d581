// What is told to whoever starts a server whose database cannot be reached.
import { expect, it } from 'vitest'
import { shownUrl, whyUnreachable } from '../plugins/database/unreachable.ts'

const URL = 'postgres://ada:s%40cret@db.example:5432/notes'

it.each([
  [
    Object.assign(new Error('password authentication failed for user "ada"'), { code: '28P01' }),
    'The password is wrong',
  ],
  [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'A password is needed'],
  [new Error('The server does not support SSL connections'), 'take sslmode out'],
  [new Error('Connection terminated unexpectedly'), 'does it want TLS'],
  [new Error('timeout exceeded when trying to connect'), 'There is no answer'],
  [
    new AggregateError([Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })]),
    'start PostgreSQL',
  ],
  [Object.assign(new Error('sorry, too many clients already'), { code: '53300' }), 'lower pool.max'],
  [new Error('it says no to s%40cret and s@cret'), 'Mend what it says'],
])('says what to do about %s', (error, remedy) => {
  const message = whyUnreachable(URL, error)
  expect(message).toContain('No connection to postgres://ada@db.example:5432/notes (')
  expect(message).toContain(remedy)
  expect(message).not.toMatch(/s(%40|@)cret/)
})

it('shows no password, and nothing of what is no URL', () => {
  expect(shownUrl(URL)).toBe('postgres://ada@db.example:5432/notes')
  expect(shownUrl('ada:s@cret')).not.toContain('s@cret')
  expect(shownUrl('s@cret')).toBe('DATABASE_URL')
})
