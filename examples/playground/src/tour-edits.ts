// The five edits of the tour, and what each of them must come to: for the host's report, and for who asks from outside.
import type { ReloadReport } from 'cf-plugins'

/** What the observer must find, in answers of the running host. */
export type Expectation =
  /** Every answer of the counter is `by` more than the one before, from some answer on and for ever. */
  | { readonly kind: 'counts'; readonly by: number }
  /** All of these say it now. */
  | { readonly kind: 'says'; readonly text: string; readonly who: Readonly<Record<string, string>> }
  /** The host does not know the plugin any more. */
  | { readonly kind: 'gone'; readonly plugin: string }
  /** The plugin answers again, with what it had. */
  | { readonly kind: 'back'; readonly plugin: string }

/** One save of one file. */
export interface TourStep {
  readonly file: string
  /** Texts to replace in the last content that was good; or the whole file. */
  readonly change: readonly (readonly [from: string, to: string])[] | 'remove' | 'restore'
  readonly told: string
  readonly outcome: ReloadReport['outcome']
  /** The code of the error that must be reported. */
  readonly code?: string
  readonly expect: Expectation
}

/** One edit of the tour. */
export interface TourEdit {
  readonly title: string
  readonly steps: readonly TourStep[]
}

/** By how much the counter counts before anybody edits it. */
export const FIRST_STEP = 1

export const TOUR: readonly TourEdit[] = [
  {
    title: 'New logic in the counter',
    steps: [
      {
        file: 'counter.ts',
        change: [['const STEP = 1\n', 'const STEP = 10\n']],
        told: 'counts in steps of 10',
        outcome: 'committed',
        expect: { kind: 'counts', by: 10 },
      },
    ],
  },
  {
    title: 'A syntax error',
    steps: [
      {
        file: 'counter.ts',
        change: [['const STEP = 10\n', 'const STEP = (100\n']],
        told: 'lacks a parenthesis',
        outcome: 'kept',
        code: 'CFP_SYNTAX',
        expect: { kind: 'counts', by: 10 },
      },
    ],
  },
  {
    title: 'A setup that throws',
    steps: [
      {
        file: 'counter.ts',
        change: [
          ['const STEP = 10\n', 'const STEP = 100\n'],
          ['setup(): void {\n', "setup(): void {\n    throw new Error('no room for a counter')\n"],
        ],
        told: 'throws when it starts',
        outcome: 'rolled-back',
        code: 'CFP_SETUP_FAILED',
        expect: { kind: 'counts', by: 10 },
      },
    ],
  },
  {
    title: 'A helper that two plugins share',
    steps: [
      {
        file: '_shared/phrases.ts',
        change: [["'Hello'", "'Good day'"]],
        told: 'says Good day',
        outcome: 'committed',
        expect: { kind: 'says', text: 'Good day, ', who: { greeter: 'greet', announcer: 'announce' } },
      },
    ],
  },
  {
    title: 'A file removed, and put back',
    steps: [
      {
        file: 'stats.ts',
        change: 'remove',
        told: 'is removed',
        outcome: 'committed',
        expect: { kind: 'gone', plugin: 'stats' },
      },
      {
        file: 'stats.ts',
        change: 'restore',
        told: 'is back',
        outcome: 'committed',
        expect: { kind: 'back', plugin: 'stats' },
      },
    ],
  },
]
