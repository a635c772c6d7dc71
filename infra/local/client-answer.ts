import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InvocationFailure, InvocationSink } from './environment.ts'
import { LIMITS } from './function-spec.ts'
import { MalformedAnswerError, PreludeReader, readResult } from './url-answer.ts'

const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response'
const NO_PRELUDE = 'the stream ended without a first write(): status and headers of the answer are lost'
const ERROR_TRAILER = 'lambda-runtime-function-error-type'

/** The platform's own answers: errors that no function wrote. */
export const PLATFORM_ERRORS = {
  failed: { status: 502, type: 'InternalServerErrorException', body: 'Internal Server Error' },
  tooLarge: {
    status: 413,
    type: 'RequestEntityTooLargeException',
    body: JSON.stringify({
      Message: `Request must be smaller than ${LIMITS.requestEvent} bytes for the InvokeFunction operation`,
    }),
  },
  throttled: {
    status: 429,
    type: 'TooManyRequestsException',
    body: '{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
  },
} as const

/** The two headers every answer of the platform carries. */
export interface PlatformIds {
  requestId: string
  traceId: string
}

/** Answers with one of the platform's own errors. */
export function answerError(response: ServerResponse, ids: PlatformIds, error: keyof typeof PLATFORM_ERRORS): void {
  const { status, type, body } = PLATFORM_ERRORS[error]
  response.writeHead(status, [
    ...idHeaders(ids),
    ...['content-type', 'application/json', 'x-amzn-errortype', type],
    ...['content-length', String(Buffer.byteLength(body))],
  ])
  response.end(body)
}

function idHeaders(ids: PlatformIds): string[] {
  return ['x-amzn-requestid', ids.requestId, 'x-amzn-trace-id', ids.traceId]
}

/**
 * The client's side of one invocation. Bytes of a streamed answer are written the moment they arrive; a client that has
 * left is not reported to the function, whose answer then runs into nothing, as on the platform.
 */
export class ClientAnswer implements InvocationSink {
  readonly #response: ServerResponse
  readonly #ids: PlatformIds
  readonly #buffered: boolean
  readonly #say: (text: string) => void
  /** There while the prelude of a streamed answer is incomplete. */
  #prelude: PreludeReader | undefined

  constructor(response: ServerResponse, ids: PlatformIds, options: { buffered: boolean; say(text: string): void }) {
    this.#response = response
    this.#ids = ids
    this.#buffered = options.buffered
    this.#say = options.say
  }

  result(json: Buffer): void {
    this.#guard(() => {
      // A URL in streaming mode hands on what the runtime posts, and an ordinary handler's runtime posts its JSON.
      const answer = this.#buffered
        ? readResult(json)
        : { status: 200, headers: ['content-type', 'application/json'], body: json }
      this.#head(answer.status, [...answer.headers, 'content-length', String(answer.body.length)])
      this.#response.end(answer.body)
    })
  }

  stream(body: IncomingMessage): void {
    if (this.#buffered) this.#collect(body)
    else this.#pipe(body)
  }

  fail(failure: InvocationFailure): void {
    this.#cut(failure.message)
  }

  #pipe(body: IncomingMessage): void {
    const response = this.#response
    let size = 0
    const write = this.#bodyWriter(body)
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > LIMITS.streamedResponse) return this.#cut('the streamed answer is larger than 200 MB')
      if (this.#over) return // the client has left, or has its error: the function is not told
      this.#guard(() => {
        if (write(chunk)) return
        body.pause()
        response.once('drain', () => body.resume())
      })
    })
    response.once('close', () => body.resume())
    body.once('error', () => this.#cut('the function process ended in the middle of its answer'))
    body.once('end', () => this.#streamEnded(body))
  }

  /** @returns the function that writes a chunk of the body; it gives false when the client cannot keep up */
  #bodyWriter(body: IncomingMessage): (chunk: Buffer) => boolean {
    const response = this.#response
    if (body.headers['content-type'] !== PRELUDE_TYPE) {
      return (chunk) => {
        if (!response.headersSent) this.#plainHead(body)
        return response.write(chunk)
      }
    }
    this.#prelude = new PreludeReader()
    return (chunk) => {
      if (!this.#prelude) return response.write(chunk)
      const parsed = this.#prelude.push(chunk)
      if (!parsed) return true
      this.#prelude = undefined
      this.#head(parsed.head.status, parsed.head.headers)
      if (parsed.rest.length > 0) return response.write(parsed.rest)
      // The first bytes usually come in the same read: one packet then. Otherwise the head goes out on its own.
      setImmediate(() => this.#over || response.flushHeaders())
      return true
    }
  }

  #streamEnded(body: IncomingMessage): void {
    if (this.#over) return
    const response = this.#response
    const errorType = body.trailers[ERROR_TRAILER]
    if (errorType) {
      this.#cut(`the handler failed: ${errorType}`)
      return
    }
    if (!response.headersSent) {
      if (this.#prelude) this.#say(`${this.#ids.requestId} ${NO_PRELUDE}`)
      this.#plainHead(body)
    }
    response.end(this.#prelude?.pending)
  }

  /** A streaming handler behind a BUFFERED URL: its whole answer is one buffered answer. */
  #collect(body: IncomingMessage): void {
    const chunks: Buffer[] = []
    let size = 0
    body.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= LIMITS.bufferedResponse) chunks.push(chunk)
    })
    body.once('error', () => this.#cut('the function process ended in the middle of its answer'))
    body.once('end', () => {
      if (body.trailers[ERROR_TRAILER]) return this.#cut(`the handler failed: ${body.trailers[ERROR_TRAILER]}`)
      if (size > LIMITS.bufferedResponse) return this.#cut(`the answer is larger than ${LIMITS.bufferedResponse} bytes`)
      const whole = Buffer.concat(chunks)
      if (body.headers['content-type'] !== PRELUDE_TYPE) return this.result(whole)
      this.#guard(() => {
        const { head, rest } = new PreludeReader().push(whole) ?? missingPrelude()
        this.#head(head.status, [...head.headers, 'content-length', String(rest.length)])
        this.#response.end(rest)
      })
    })
  }

  /** Without a prelude the status is 200 and the type the one of setContentType(). */
  #plainHead(body: IncomingMessage): void {
    const type = body.headers['content-type']
    this.#head(200, ['content-type', type === undefined || type === PRELUDE_TYPE ? 'application/octet-stream' : type])
  }

  get #over(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  #head(status: number, headers: string[]): void {
    this.#response.writeHead(status, [...headers, ...idHeaders(this.#ids)])
  }

  /** An answer that cannot be sent (bad prelude, header the HTTP layer refuses) becomes the platform's 502. */
  #guard(send: () => void): void {
    try {
      send()
    } catch (error) {
      this.#cut(`the function's answer cannot be sent: ${(error as Error).message}`)
    }
  }

  /** 502 while nothing has been sent, otherwise the connection ends without the end of the body. */
  #cut(reason: string): void {
    if (this.#over) return
    const response = this.#response
    this.#say(`${this.#ids.requestId} ${reason}`)
    if (response.headersSent) response.destroy()
    else answerError(response, this.#ids, 'failed')
  }
}

function missingPrelude(): never {
  throw new MalformedAnswerError('the streamed answer has no prelude')
}
