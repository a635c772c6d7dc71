import type { Writable } from 'node:stream'
import { clientClosed } from '../errors.ts'

/** A client that takes nothing for a minute has left. */
export const maxDrainMs = 60_000

/**
 * Resolves when the stream takes more or its client has left; leaves no listener behind. A client that takes nothing for
 * `ms` has left, whatever its connection looks like.
 */
export function drained(stream: Writable, ms: number, leaving: AbortController): Promise<void> {
  const { signal } = leaving
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stream.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(() => leaving.abort(clientClosed(new Error('nothing was read'))), Math.max(ms, 0))
    stream.on('drain', done)
    signal.addEventListener('abort', done)
  })
}
