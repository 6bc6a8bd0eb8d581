// As much of a browser as a login needs: cookies, redirects, links and forms.

export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export class Browser {
  /** By origin, as a browser would keep those of a host and a path. */
  readonly #cookies = new Map<string, Map<string, { value: string; path: string }>>()
  /** Where redirects went. */
  readonly visited: URL[] = []

  /** Follows redirects until `stopAt` says that the next place is far enough: then the page is the redirect. */
  async open(
    address: string | URL,
    { form, stopAt }: { readonly form?: URLSearchParams; readonly stopAt?: (url: URL) => boolean } = {},
  ): Promise<Page> {
    let url = new URL(address)
    let body = form
    for (let hops = 0; hops < 20; hops++) {
      this.visited.push(url)
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: this.cookieHeader(url), accept: 'text/html' },
        ...(body && { method: 'POST', body }),
      })
      this.#keep(url, response.headers.getSetCookie())
      const page = { url, status: response.status, headers: response.headers, text: await response.text() }
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null) return page
      const next = new URL(location, url)
      if (stopAt?.(next)) return { ...page, url: next }
      url = next
      body = undefined
    }
    throw new Error(`Too many redirects, the last to ${url}`)
  }

  /** Sends the form of a page, with `values` in its fields. */
  submit(page: Page, values: Readonly<Record<string, string>> = {}, options: object = {}): Promise<Page> {
    const [, action] = /<form[^>]*action="([^"]+)"/.exec(page.text) ?? []
    if (action === undefined) throw new Error(`There is no form at ${page.url}: ${page.text}`)
    const form = new URLSearchParams()
    for (const [, name = '', value = ''] of page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g))
      form.set(name, value)
    for (const [name, value] of Object.entries(values)) form.set(name, value)
    return this.open(new URL(action, page.url), { form, ...options })
  }

  /** Follows the link whose address has `part` in it. */
  follow(page: Page, part: string): Promise<Page> {
    const links = [...page.text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href)
    const link = links.find((href) => href.includes(part))
    if (link === undefined) throw new Error(`There is no link to ${part} at ${page.url}`)
    return this.open(new URL(link, page.url))
  }

  cookieNames(url: string | URL): string[] {
    return [...(this.#cookies.get(new URL(url).origin)?.keys() ?? [])]
  }

  cookieHeader({ origin, pathname }: URL): string {
    const all = [...(this.#cookies.get(origin) ?? [])]
    const fit = all.filter(([, { path }]) => pathname.startsWith(path))
    return fit.map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  #keep({ origin }: URL, cookies: readonly string[]): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, { value: string; path: string }>()
    this.#cookies.set(origin, jar)
    for (const cookie of cookies) {
      const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim())
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      const attribute = (key: string) =>
        attributes.find((each) => each.toLowerCase().startsWith(`${key}=`))?.split('=')[1]
      const expires = attribute('expires')
      const isOver =
        attribute('max-age') === '0' || (expires !== undefined && new Date(expires).getTime() <= Date.now())
      if (isOver) jar.delete(name)
      else jar.set(name, { value, path: attribute('path') ?? '/' })
    }
  }
}
