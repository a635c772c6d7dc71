import http from 'node:http'
import { readPort } from './config.ts'
import { createDeps } from './deps.ts'
import { createListener } from './http/plain-http.ts'

/** Longer than load balancers keep an idle connection (AWS's: 60 s), which must not close when they use it again. */
const keepAliveTimeout = 65_000
/** Each may hold a request of 6 MB, so that all of them fit into 2 GB; further ones are refused. */
const maxConnections = 256

const deps = await createDeps()
const server = http.createServer({ keepAliveTimeout }, createListener(deps))
server.maxConnections = maxConnections
server.listen(readPort(), () => {
  const address = server.address()
  if (address && typeof address === 'object') deps.logger.log('info', `listening on port ${address.port}`)
})

/** What is under way is finished; for how long, whoever sent the signal decides. */
process.once('SIGTERM', () => {
  server.keepAliveTimeout = 1
  server.close()
})
