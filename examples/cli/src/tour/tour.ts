// A tour: the tool as a person would use it, each command a process of its own, on a copy of the plugins.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTheme } from '@cf-plugins/cli'
import { messageOf } from 'cf-plugins'
import { PACKAGE } from '../places.ts'
import { TourProcesses } from './tour-processes.ts'
import { TOUR, type TourStep } from './tour-steps.ts'

/** Takes the tour, and says whether every step did what it must. */
export async function runTour(): Promise<boolean> {
  const theme = createTheme(process.stdout)
  const scratch = await mkdtemp(join(tmpdir(), 'tally-tour-'))
  const print = (text: string) => process.stdout.write(text)
  try {
    const plugins = join(scratch, 'plugins')
    await cp(join(PACKAGE, 'plugins'), plugins, { recursive: true })
    const processes = new TourProcesses({ scratch, plugins, tool: join(PACKAGE, 'bin/tally.js') })
    await processes.pack(join(PACKAGE, 'packages/tally-dice'))
    let done = 0
    for (const step of TOUR) {
      print(`\n${theme.strong(step.title)}\n`)
      try {
        await walk(step, processes, print)
        done++
      } catch (error) {
        print(`${theme.bad('✖')} ${messageOf(error)}\n`)
      }
    }
    const verdict = `${done} of ${TOUR.length} steps did what they must`
    print(`\n${done === TOUR.length ? theme.good(verdict) : theme.bad(verdict)}\n`)
    return done === TOUR.length
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function walk(step: TourStep, processes: TourProcesses, print: (text: string) => unknown): Promise<void> {
  const theme = createTheme(process.stdout)
  for (const act of step.acts) {
    if ('edit' in act) {
      const file = join(processes.plugins, act.edit)
      const [from, to] = act.change
      const before = await readFile(file, 'utf8')
      if (!before.includes(from)) throw new Error(`${act.edit} has no ${JSON.stringify(from)}`)
      await writeFile(file, before.replace(from, to))
      print(theme.faint(`  (in ${act.edit}: ${from.trim()} becomes ${to.trim()})\n`))
    } else if ('shell' in act) {
      await processes.shell(act.shell, (text) => print(text.replaceAll(/^(?=.)/gm, '  ')))
    } else {
      const { run, says, exitCode = 0 } = act
      print(`  ${theme.accent(`$ ${act.shown ?? `tally ${run.join(' ')}`}`)}\n`)
      const { output, code } = await processes.run(run)
      // The first line of an answer to Tab is for the shell.
      print(output.replace(/^words\n/, '').replaceAll(/^(?=.)/gm, '  '))
      if (code !== exitCode) throw new Error(`the exit code must be ${exitCode}, and is ${code}`)
      if (!says.test(output)) throw new Error(`it must say ${says}`)
    }
  }
}
