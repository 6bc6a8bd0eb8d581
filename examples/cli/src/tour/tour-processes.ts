// The processes of the tour. What they keep is in a folder of its own, and ends with the tour.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ShellAct } from './tour-steps.ts'

/** How long a process may take to do what the tour waits for, in milliseconds. */
const PATIENCE_MS = 60_000
const LOOK_MS = 20

/** How a process ended, and what it said, on either stream. */
interface Ended {
  readonly code: number | null
  readonly output: string
}

export class TourProcesses {
  readonly plugins: string
  readonly #scratch: string
  readonly #tool: string

  constructor({ scratch, plugins, tool }: { scratch: string; plugins: string; tool: string }) {
    this.plugins = plugins
    this.#scratch = scratch
    this.#tool = tool
  }

  /** Makes a tarball of a package, in the folder where the commands are run. */
  async pack(folder: string): Promise<void> {
    await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', this.#scratch], {
      cwd: folder,
      timeout: PATIENCE_MS,
    })
  }

  /** Runs a command of tally to its end. */
  async run(args: readonly string[]): Promise<Ended> {
    const { ended, end } = this.#start(args)
    end()
    return await ended
  }

  /** Has a conversation with a shell of tally, and prints it. */
  async shell(acts: readonly ShellAct[], print: (text: string) => void): Promise<void> {
    const shell = this.#start(['shell'])
    print('$ tally shell\n')
    for (const act of acts) {
      const from = shell.output().length
      if ('type' in act) {
        print(`tally> ${act.type}\n`)
        shell.type(`${act.type}\n`)
      } else {
        const file = join(this.plugins, act.edit)
        await writeFile(file, (await readFile(file, 'utf8')).replace(...act.change))
        print(`(in ${act.edit}: ${act.change[0].trim()} becomes ${act.change[1].trim()})\n`)
      }
      await shell.until(() => act.says.test(shell.output().slice(from)))
      print(shell.output().slice(from))
    }
    shell.type('exit\n')
    const { code } = await shell.ended
    if (code !== 0) throw new Error(`the shell ended with ${code}`)
  }

  #start(args: readonly string[]) {
    const child: ChildProcess = spawn(process.execPath, [this.#tool, ...args], {
      cwd: this.#scratch,
      env: { ...process.env, TALLY_DATA: join(this.#scratch, 'data'), TALLY_PLUGINS: this.plugins, NO_COLOR: '1' },
      timeout: PATIENCE_MS,
    })
    let output = ''
    let isOver = false
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject).on('close', (code) => {
        isOver = true
        resolve({ code, output })
      })
    })
    const until = async (isSo: () => boolean) => {
      const deadline = performance.now() + PATIENCE_MS
      while (!isSo()) {
        if (isOver || performance.now() > deadline) throw new Error(`the shell did not say what it must:\n${output}`)
        await sleep(LOOK_MS)
      }
    }
    return {
      ended,
      until,
      output: () => output,
      type: (text: string) => child.stdin?.write(text),
      end: () => child.stdin?.end(),
    }
  }
}
