import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest } from 'node:http'
import { registerHooks } from 'node:module'

/**
 * Loaded into a function process before anything else (`--import`): writes to the file of SLUICE_BENCH_TRACE, in the order
 * in which it happens, `load <url>` for each module and `request <host>` for each HTTP request that is sent.
 */
const file = process.env.SLUICE_BENCH_TRACE ?? ''

registerHooks({
  load: (url, context, nextLoad) => {
    appendFileSync(file, `load ${url}\n`)
    return nextLoad(url, context)
  },
})

subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest }
  appendFileSync(file, `request ${String(request.getHeader('host'))}\n`)
})
