// An Authorization header, taken apart.
import { headerMalformed, schemeUnknown } from './errors.ts'

export type Credentials =
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'basic'; readonly name: string; readonly password: string }

/** As RFC 7235 has it: letters, digits and some signs, with `=` at the end. */
const TOKEN68 = /^[A-Za-z0-9._~+/-]+=*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617 forbids them
const CONTROL = /[\u0000-\u001f\u007f]/
/** No scheme, and no one who means it, has a longer one. */
const MAX_LENGTH = 8192

/** @throws `AUTH_SCHEME_UNKNOWN`, `AUTH_HEADER_MALFORMED` */
export function credentialsOf(header: string): Credentials {
  if (header.length > MAX_LENGTH) throw headerMalformed('The Authorization header is too long')
  const [, scheme = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(header) ?? []
  if (scheme === '') throw headerMalformed('The Authorization header is empty')
  switch (scheme.toLowerCase()) {
    case 'bearer':
      if (!TOKEN68.test(rest)) throw headerMalformed('After Bearer there must be one token')
      return { scheme: 'bearer', token: rest }
    case 'basic':
      return basicOf(rest)
    default:
      throw schemeUnknown()
  }
}

function basicOf(text: string): Credentials {
  const bytes = Buffer.from(text, 'base64')
  // Buffer passes over whatever is no base64.
  const isWhole = text !== '' && bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (!isWhole) throw headerMalformed('After Basic there must be a name and a password in base64')
  const decoded = decodedUtf8(bytes)
  const colon = decoded.indexOf(':')
  if (colon < 1 || CONTROL.test(decoded)) throw headerMalformed('Basic must have a name, a colon and a password in it')
  return { scheme: 'basic', name: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function decodedUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // It says of no byte what is wrong with it, and neither do we.
    throw headerMalformed('Basic must be UTF-8')
  }
}
