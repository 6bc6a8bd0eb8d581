// Shows a class with decorators: @inject, @hook, and a command that it adds to the program of its host.
import { BasePlugin, hook, inject, plugin } from 'cf-plugins'
import type { Command } from 'commander'
import { greeting } from './_shared/phrases.ts'
import { Clock } from './_shared/services.ts'
import type { StatusLine } from './_shared/status-line.ts'
import type { ClockService } from './clock.ts'

@plugin({ name: 'greeter', version: '1.0.0', description: 'Greets whoever comes', dependencies: ['clock'] })
export default class GreeterPlugin extends BasePlugin<Command> {
  @inject(Clock) accessor clock!: ClockService

  override setup(): void {
    this.app
      .command('hello [name]')
      .description('greet somebody')
      .action((name?: string) => console.log(this.greet(name)))
  }

  readonly greet = (name = 'world'): string => `${greeting(name)} It is ${this.clock.now().toLocaleTimeString()}.`

  @hook('status')
  status(): StatusLine {
    return { plugin: this.name, line: this.greet() }
  }
}
