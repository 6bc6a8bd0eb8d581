// What every plugin of this tool is defined with: `app` is the program that it adds commands to.
import { createDefinePlugin } from 'cf-plugins'
import type { Command } from 'commander'

export const definePlugin = createDefinePlugin<Command>()
