// The steps of the tour, and what must come of each.

/** Something that is done, and what shows that it did what it must. */
export type TourAct =
  | {
      readonly run: readonly string[]
      /** What is printed instead of the command. */
      readonly shown?: string
      readonly says: RegExp
      readonly exitCode?: number
    }
  | { readonly edit: string; readonly change: readonly [from: string, to: string] }
  | { readonly shell: readonly ShellAct[] }

/** What is typed, or edited, in a shell that runs, and what it must say then. */
export type ShellAct =
  | { readonly type: string; readonly says: RegExp }
  | { readonly edit: string; readonly change: readonly [from: string, to: string]; readonly says: RegExp }

export interface TourStep {
  readonly title: string
  readonly acts: readonly TourAct[]
}

const BREAK = ['setup({ app, state })', 'setup({ app, state }'] as const

export const TOUR: readonly TourStep[] = [
  {
    title: '1. A count goes on from one run to the next',
    acts: [
      { run: ['counter', 'increment'], says: /^1$/m },
      { run: ['counter', 'increment', '--by', '4'], says: /^5$/m },
    ],
  },
  {
    title: '2. and over an edit of its plugin; a plugin that uses the counter draws it',
    acts: [
      { edit: 'counter.ts', change: ['STEP = 1\n', 'STEP = 10\n'] },
      { run: ['counter', 'increment'], says: /^15$/m },
      { run: ['chart', 'dots'], says: /^●{15} 15$/m },
    ],
  },
  {
    title: '3. A plugin that is broken says why; the others work',
    acts: [
      { edit: 'counter.ts', change: BREAK },
      {
        run: ['counter', 'show'],
        says: /"counter" is a command of the plugin "counter".*counter\.ts:\d+:\d+/,
        exitCode: 1,
      },
      { run: ['greet', 'Ada'], says: /^Good day, Ada!$/m },
      { edit: 'counter.ts', change: [BREAK[1], BREAK[0]] },
      { run: ['counter', 'show'], says: /^15$/m },
    ],
  },
  {
    title: '4. In a shell, plugins are replaced as they are saved',
    acts: [
      {
        shell: [
          { type: 'counter increment', says: /^25$/m },
          {
            edit: 'counter.ts',
            change: ['STEP = 10\n', 'STEP = 100\n'],
            says: /reloaded .*counter.* state of counter kept/,
          },
          { type: 'counter increment', says: /^125$/m },
        ],
      },
    ],
  },
  {
    title: '5. A plugin from a packed npm tarball adds a command',
    acts: [
      { run: ['plugins', 'install', 'tally-dice-1.0.0.tgz'], says: /adds roll/ },
      { run: ['roll', '--sides', '20', '--dice', '3'], says: /^\d+ \d+ \d+$/m },
      { run: ['plugins'], says: /● dice +1\.0\.0 +roll +npm: tally-dice/ },
    ],
  },
  {
    title: '6. At Tab, the shell knows it too',
    acts: [
      { shown: 'tally ro<Tab>', run: ['__complete', 'fish', 'ro'], says: /^roll\t/m },
      { shown: 'tally roll --sides <Tab>', run: ['__complete', 'fish', 'roll', '--sides', ''], says: /^20\t/m },
    ],
  },
  {
    title: '7. Mistakes are told in one line, with exit code 2',
    acts: [
      { run: ['countr'], says: /^error: There is no command "countr"\. Did you mean "counter"\?.*\n$/, exitCode: 2 },
      { run: ['roll', '--sides', '7'], says: /^error: .*Allowed choices are 4, 6, 8, 12, 20.*\n$/, exitCode: 2 },
    ],
  },
]
