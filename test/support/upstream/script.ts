/** What the fake provider does with one model name: plain data, so that it can be sent to the process it runs in. */
export interface Script {
  /** Of the answer; default 200. */
  status?: number
  /** Over `content-type: text/event-stream`. */
  headers?: Record<string, string>
  /** Milliseconds before status and headers. */
  headAfterMs?: number
  /** Resets the connection instead of answering. */
  refuse?: true
  steps: Step[]
  /** Cuts the body into writes of this many bytes, whatever the steps say. */
  bytesAWrite?: number
  /** Milliseconds before each of them. */
  everyMs?: number
  /** Encodes the body, as one gzip stream that is flushed after each write. */
  gzip?: true
  /**
   * After the last step: `close` ends the body, `cut` closes the socket without its end, `reset` resets it, `garbage` goes
   * on with what is no chunk of HTTP, `hang` leaves it open.
   */
  end?: 'close' | 'cut' | 'reset' | 'garbage' | 'hang'
}

/** One write, or `times` equal ones, each after a pause. */
export interface Step {
  text: string
  /** Bytes that are no text, instead of it. */
  base64?: string
  afterMs?: number
  times?: number
}

/** A request as the fake provider got it. */
export interface SeenRequest {
  method: string
  url: string
  /** Lower-case names. */
  headers: Record<string, string>
  body: string
  /** The body's bytes, where they are no text. */
  base64?: string
  /** Milliseconds since the epoch. */
  at: number
  /** How the answer's connection stands: `done` all was sent, `aborted` the gateway left before that. */
  state: 'open' | 'done' | 'aborted'
  /** When it ceased to be open; milliseconds since the epoch. */
  closedAt?: number
  /** Bytes of the body handed to the socket so far. */
  bytesSent: number
}

/** The body of a script as the gateway receives it when nothing is cut off. */
export function bodyOf(script: Script): string {
  return script.steps.map(({ text, times = 1 }) => text.repeat(times)).join('')
}

/** A body in one write. */
export function whole(text: string, rest: Omit<Script, 'steps'> = {}): Script {
  return { steps: [{ text }], ...rest }
}

/** One write an event (a text that ends in a blank line), each after `afterMs`. */
export function paced(texts: readonly string[], afterMs: number, rest: Omit<Script, 'steps'> = {}): Script {
  return { steps: texts.map((text) => ({ text, afterMs })), ...rest }
}

/** A file in pieces. */
export function file(pieces: readonly Uint8Array[], contentType: string, rest: Omit<Script, 'steps'> = {}): Script {
  const steps = pieces.map((piece) => ({ text: '', base64: Buffer.from(piece).toString('base64') }))
  return { headers: { 'content-type': contentType }, steps, ...rest }
}

/** An HTTP error or any other answer with a JSON body. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Script {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    steps: [{ text: typeof value === 'string' ? value : JSON.stringify(value) }],
  }
}
