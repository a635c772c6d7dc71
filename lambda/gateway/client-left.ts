import { clientClosed, type GatewayFault } from '../errors.ts'
import type { Session } from './session.ts'

/**
 * Ends the call to a provider when the client has left: at once, or (`drain`) when it has been read on for `drainMs` and
 * is not over by itself. Bytes need no bound, since nothing of them is kept.
 * @returns stops watching
 */
export function watchClient({ response, deps }: Session, abort: (reason: GatewayFault) => void): () => void {
  const { left } = response
  let bound: NodeJS.Timeout | undefined
  const onLeft = () => {
    const end = () => abort(clientClosed(left.reason))
    if (deps.onDisconnect === 'abort') end()
    else bound = setTimeout(end, deps.limits.drainMs)
  }
  left.addEventListener('abort', onLeft, { once: true })
  return () => {
    clearTimeout(bound)
    left.removeEventListener('abort', onLeft)
  }
}
