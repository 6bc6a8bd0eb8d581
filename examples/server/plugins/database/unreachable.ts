// Why there is no connection, and what to do: without the password.

/** An URL as it may be shown. */
export function shownUrl(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) return 'DATABASE_URL'
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username && `${username}@`}${host}${pathname}`
}

/** What went wrong, by SQLSTATE or by the system's code, and what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there: start PostgreSQL, or mend host and port',
  ENOTFOUND: 'There is no such host: mend it',
  EAI_AGAIN: 'The name of the host could not be looked up: mend it, or the network',
  ETIMEDOUT: 'There is no answer: mend host and port, or open the firewall',
  EHOSTUNREACH: 'The host cannot be reached: mend it, or the network',
  ECONNRESET: 'The connection was cut: does PostgreSQL listen there, and does it want TLS (?sslmode=verify-full)?',
  '28P01': 'The password is wrong: mend it',
  '28000': 'The server does not let this user in: mend the user, or the server’s pg_hba.conf',
  '3D000': 'There is no such database: create it (createdb), or mend the name',
  '53300': 'The server has no connection left: lower pool.max, or raise its max_connections',
  '57P03': 'The server is starting or stopping: wait for it',
  '42501': 'The user may not create the schema: grant it, or create it beforehand',
}

/** What is told to whoever starts the server. */
export function whyUnreachable(url: string, error: unknown): string {
  const otherwise = 'That is DATABASE_URL; without it the embedded database is used, which needs no server.'
  return `No connection to ${shownUrl(url)} (${hidden(url, messageOf(error))}). ${remedyOf(error)}. ${otherwise}`
}

function remedyOf(error: unknown): string {
  const { code, message = '' } = error instanceof Error ? (firstOf(error) as NodeJS.ErrnoException) : {}
  if (code !== undefined && code in REMEDIES) return REMEDIES[code] as string
  if (/timeout/i.test(message)) return REMEDIES.ETIMEDOUT as string
  if (/terminated unexpectedly/.test(message)) return REMEDIES.ECONNRESET as string
  if (/not support SSL/.test(message)) return 'The server has no TLS: take sslmode out, or set TLS up there'
  if (/password/i.test(message)) return 'A password is needed: add it'
  return 'Mend what it says'
}

/** Node tries several addresses of one name, and tells of all in one error without a message. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
}

function messageOf(error: unknown): string {
  return error instanceof Error ? firstOf(error).message : String(error)
}

function hidden(url: string, message: string): string {
  const password = URL.canParse(url) ? new URL(url).password : ''
  return [password, decode(password)].reduce(
    (text, secret) => (secret === '' ? text : text.replaceAll(secret, '[secret]')),
    message,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // No percent-encoding, then: it is what it is.
    return text
  }
}
