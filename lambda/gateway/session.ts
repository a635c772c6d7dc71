import type { Losses } from '../events/losses.ts'
import type { RelayFormat } from '../formats/codec.ts'
import type { Deps } from './deps.ts'
import type { MeteredResponse } from './metered-response.ts'
import type { Recording } from './recording.ts'
import type { GatewayRequest } from './request.ts'
import type { Transfer } from './transfer.ts'

/** What belongs to one exchange from its first byte to its record. */
export interface Session {
  request: GatewayRequest
  response: MeteredResponse
  /** The client's format. */
  codec: RelayFormat
  recording: Recording
  /** Of the attempt under way. */
  losses: Losses
  /** Of the answer, whatever it will be; grows until the answer's head goes out. */
  headers: Record<string, string>
  deps: Deps
  /** The provider's key, once there is a target: no error may show it. */
  secret?: string | undefined
  /** Set once a transfer runs: it has the words for an error after the head. */
  transfer?: Transfer
}

/** What goes to the provider, and how its answer becomes the client's. */
export interface Prepared {
  body: string | Buffer
  contentType: string
  /** What the provider shall answer with. */
  accept: string
  headers: Record<string, string>
  /** The client's query string where the provider understands it, else ''. */
  query: string
  transfer: Transfer
}
