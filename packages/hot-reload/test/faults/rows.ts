// The faults that every release survives, one sentence each: what goes wrong, and what holds then.

/** A part of the list. */
export interface FaultGroup {
  readonly title: string
  readonly rows: Readonly<Record<number, string>>
}

/** Every fault, by its number. */
export const FAULT_GROUPS: readonly FaultGroup[] = [
  {
    title: 'Files and watcher',
    rows: {
      1: 'Two writes 5 to 40 ms apart: the final content loads, and no part of it before.',
      2: 'A truncation, then the write: nothing empty is loaded.',
      3: 'A prefix that is valid code while the rest is still written: it is not committed.',
      4: '2,000 atomic saves over 50 files: each ends as it was saved last.',
      5: 'A root folder that is removed and made again is watched again within a second.',
      6: 'A root folder that is renamed away and back is watched again within a second.',
      7: 'A circle of links makes one reload of one change.',
      8: 'A link that leaves the root is refused.',
      9: 'Without system watches the folders are polled, and the health says degraded.',
      10: 'A watcher error is told, and is never an unhandled rejection.',
      11: 'A rewrite with the same size and time reloads, by its hash.',
      12: 'The same content reloads nothing.',
      13: 'A file that is deleted and restored within 200 ms is one reload at most.',
      14: 'A file that cannot be read: the old code serves.',
      15: 'An edit right after the start-up is seen.',
      16: '10,000 files in the folder.',
    },
  },
  {
    title: 'Modules',
    rows: {
      17: 'A syntax error: the old code serves, and the line is told.',
      18: 'A throw at import: the old code serves, and the corrected file loads.',
      19: 'A top-level await that never ends meets its deadline.',
      20: 'A missing import, however deep: importer and specifier are named.',
      21: 'No plugin among the exports: what was looked for is told.',
      22: 'A helper file changes: its users reload, and no one else.',
      23: "Imports in a circle between a plugin's files.",
      24: '`process.exit` while loading is caught, and attributed.',
      25: 'A global prototype that is patched is reported.',
      26: 'TypeScript with decorators, enums and type-only imports; JSON; CommonJS; `import()`; `import.meta`.',
      27: 'Stack traces point to the line of the source.',
    },
  },
  {
    title: 'Metadata and dependencies',
    rows: {
      28: 'Bad names, versions and ranges: all of them are told at once.',
      29: 'A name that two plugins have: both files are named.',
      30: 'A circle that appears on reload: its path is told, and the old graph is intact.',
      31: 'A dependency that disappears on reload: refused.',
      32: 'A version out of range: range and version are told.',
      33: 'A rename on reload: refused.',
      34: '`__proto__` and `constructor` as names and keys.',
      35: 'An optional dependency that is missing, fails, or arrives late.',
    },
  },
  {
    title: 'Lifecycle',
    rows: {
      36: '`register` or `setup` throws half-way: what was registered until then is gone.',
      37: '`setup` hangs and wakes later: its late calls are fenced.',
      38: '`teardown` throws: the cleanup goes on.',
      39: '`teardown` hangs: bounded, and its code is a zombie.',
      40: '`teardown` is asked for twice: it runs once.',
      41: '`onReload` throws: rolled back.',
      42: 'The old code does not come up a second time, so that the rollback fails too: `failed`, and nothing is lost.',
      43: 'A dependent fails in the middle of a cascade: the whole unit is restored.',
      44: 'A change during each phase: the final content wins.',
      45: '`EADDRINUSE` where old and new overlap: once more, one after the other.',
      46: 'An interval, a server or a listener that is left behind is closed or reported.',
      47: 'Enable, disable, reload and unload at once: one after the other.',
    },
  },
  {
    title: 'State',
    rows: {
      48: 'A function, a socket or a promise in the state: its path is told, and the old code serves.',
      49: 'An instance of a class, which would lose its prototype, is noticed.',
      50: 'The state is changed after it was saved: the snapshot is not.',
      51: '100 MB of state: a limit, and an error.',
      52: 'Another `stateVersion`: migrated up or down, or rolled back.',
      53: 'The disk is full while state is written: the copy in memory stays.',
      54: 'Killed in the middle of a write: the last good file is there.',
    },
  },
  {
    title: 'Hooks and events',
    rows: {
      55: 'Events in every phase: exactly once, in order.',
      56: 'The queue is full: said to whoever sends.',
      57: 'A handler throws, rejects or hangs: isolated, with a deadline.',
      58: 'A call to itself while it drains: no deadlock.',
      59: 'An emit from `teardown`: an error of its own.',
      60: "A stray throw or rejection of a plugin's timer or listener: attributed where the host opted in, and too many switch the plugin off.",
    },
  },
  {
    title: 'Configuration',
    rows: {
      61: 'A bomb of depth.',
      62: 'A bomb of aliases.',
      63: 'Duplicate keys, tabs, several documents: line and column.',
      64: 'An override that names a prototype: refused.',
      65: 'Text from the environment: typed by the schema, or a named error.',
      66: 'A live edit that is not valid: the last good configuration stays.',
    },
  },
  {
    title: 'Workers',
    rows: {
      67: 'Code that never yields: ended, its call rejects, its worker is replaced.',
      68: 'A blocking call that outlives its deadline: the caller is answered in time.',
      69: 'Out of heap: the host lives.',
      70: 'A worker exits: calls in flight reject.',
      71: 'An argument that cannot be cloned: named.',
      72: 'A reload with tasks in the queue: each is answered by its own generation.',
    },
  },
  {
    title: 'Security',
    rows: {
      73: 'Names and paths that leave their folder: refused.',
      74: 'A link that is turned elsewhere after the check: what was hashed is what runs.',
      75: 'A capability that is denied: an error, and an entry in the audit trail.',
      76: 'Line breaks in values of the audit trail: escaped.',
      77: 'Secrets are in no log and no error.',
    },
  },
  {
    title: 'Shutdown',
    rows: {
      78: 'SIGTERM in each phase.',
      79: 'A second SIGTERM: the process ends at once.',
      80: 'A teardown that hangs: a deadline, names, and an exit code that is not 0.',
      81: 'Events that wait: delivered or counted.',
    },
  },
]
