// The cookie that ties a login to the browser that began it.

const PATH = '/auth/oidc'

/** One a login, so that two at once in one browser are not in each other's way. */
const nameOf = (state: string) => `oidc-${state.slice(0, 12)}`

export function loginCookie(state: string, browser: string, seconds: number, isSecure: boolean): string {
  // Lax: it is to come along when the provider sends the browser back here.
  const cookie = `${nameOf(state)}=${browser}; Path=${PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`
  return isSecure ? `${cookie}; Secure` : cookie
}

export function clearedCookie(state: string, isSecure: boolean): string {
  return loginCookie(state, '', 0, isSecure)
}

export function readCookie(header: string | undefined, state: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    if (name === nameOf(state) && value !== '') return value
  }
  return undefined
}
