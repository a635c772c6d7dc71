import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something that was started and can be ended; resolves when it is gone. */
export interface Closable {
  close(): Promise<void>
}

/** A port someone else has. `message` says what to do. */
export class PortTakenError extends Error {
  readonly port: number
  constructor(port: number, cause: unknown) {
    super(`port ${port} is taken`, { cause })
    this.name = 'PortTakenError'
    this.port = port
  }
}

/**
 * Binds a server to 127.0.0.1.
 * @param port 0 lets the system choose
 * @throws {PortTakenError} when another process has the port
 */
export function listenOnLoopback(server: Server, port: number): Promise<{ port: number; url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port, error) : error),
    )
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as AddressInfo).port
      resolve({ port: bound, url: `http://127.0.0.1:${bound}` })
    })
  })
}

/** Stops listening and cuts every connection, so that a client that keeps one alive cannot hold the process. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
