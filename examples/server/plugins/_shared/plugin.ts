// `definePlugin` for the plugins of this server: with its routes as `app`, and what it shares.
import { createDefinePlugin } from 'cf-plugins'
import type { Routes } from '../../src/router.ts'
import type { Shared } from '../../src/shared.ts'

export const definePlugin = createDefinePlugin<Routes, Shared>()
