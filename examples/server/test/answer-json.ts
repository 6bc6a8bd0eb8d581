// The JSON of answers, as far as tests look into it; the rest they compare as a whole.

interface Shown {
  readonly sub: string
  readonly name: string
  readonly roles: readonly string[]
}

/** Whatever the server answers: each answer has some of these. */
export interface AnswerJson extends Shown {
  readonly error: { readonly code: string; readonly message: string; readonly details: unknown; readonly id: string }
  readonly id: string
  readonly token: string
  readonly user: Shown
  readonly users: readonly Shown[]
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly revision: string
  readonly resources: readonly { readonly name: string }[]
  readonly next: string
  readonly outcome: string
  readonly state: string
  readonly plugins: readonly { readonly plugin: string; readonly state: string }[]
  readonly handlers: readonly { readonly plugin: string; readonly name: string }[]
  readonly routes: readonly { readonly path: string; readonly plugin: string }[]
  readonly entries: readonly Readonly<Record<string, unknown>>[]
}
