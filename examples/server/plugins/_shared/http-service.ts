// What the plugin `http` offers.
import type { AddressInfo } from 'node:net'
import { serviceRef } from 'cf-plugins'

export interface Http {
  /** Where the server listens. */
  address(): AddressInfo
}
export const Http = serviceRef<Http>('http')
