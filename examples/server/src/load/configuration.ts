// The plugins.yaml of a run, and what may be edited in it.

/** In seconds. What it is edited to grows from here, and shows in each token. */
export const TOKEN_TTL = 100_000

/** @param ttl a number for a good one; anything else is refused */
export function configurationText(ttl: number | string): string {
  return `http:
  settings:
    host: 127.0.0.1
    port: 0
auth:
  settings:
    admin_password: \${ADMIN_PASSWORD}
    token_ttl: ${ttl}
    # All clients have one address here, and one name. What a guess costs is not what is measured.
    limits:
      address: { points: 1000000, seconds: 60 }
      name: { points: 1000000, seconds: 60 }
    scrypt: { log_n: 10, p: 1 }
`
}
