import type { JsonObject } from '../events/request.ts'

/** A client's request, whatever carried it. */
export interface GatewayRequest {
  method: string
  /** Without the query string; never empty. */
  path: string
  /** Without `?`; '' if there is none. */
  query: string
  /** Lower-case names, several values joined with a comma. */
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** Milliseconds until the platform ends this invocation. */
  remainingMs(): number
}

/**
 * Where the answer goes, whatever carries it. Nothing reaches the client before `open`; `open` and then at least one
 * `write` come before `end`.
 */
export interface ClientResponse {
  /** Do bytes reach the client as they are written? If not, keep-alives are pointless. */
  readonly live: boolean
  /** Were status and headers given out, so that errors must go in band? */
  readonly opened: boolean
  /**
   * Aborted, with a GatewayFault `client_closed` for its reason, as soon as the transport knows that the client has left.
   * Without it the transport never knows. What is written afterwards goes nowhere.
   */
  readonly left?: AbortSignal
  open(status: number, headers: Record<string, string>): void
  /**
   * Hands bytes on; awaits only where the client is slower than the provider.
   * @throws GatewayFault `upstream_too_large` if the answer cannot be carried; `opened` is false again
   */
  write(chunk: string | Uint8Array): Promise<void> | undefined
  /**
   * Gives up an answer that cannot become whole and has no words for that (half an audio file). A live client sees its
   * connection break; what was only collected is forgotten, and `opened` is false again.
   */
  abort(): void
  /** The client has everything; awaits only where some of it is still to be handed on. */
  end(): Promise<void> | void
}

/** A client's response that wants to know which bytes make the answer whole. */
export interface AnswerResponse extends ClientResponse {
  /** As the transport's, but not for a client that leaves with its whole answer: that is how exchanges end. */
  readonly left: AbortSignal
  /** Hands on the bytes with which the client has its whole answer; more may follow if the provider goes on. */
  writeLast(chunk: string | Uint8Array): Promise<void> | undefined
}

/** A request whose body was read: what routing and relaying need of it. */
export interface Call {
  /** A JSON body's top level, or a form's text fields. */
  fields: JsonObject
  contentType: string
  /** As the client asked, with the provider's prefix. */
  model: string
  /** Does the client want server-sent events? */
  streams: boolean
  /** The body with some fields replaced (JSON: or added), every other byte as it came. */
  edit(changes: JsonObject): string | Buffer
}
