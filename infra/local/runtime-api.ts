import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Closable, closeServer, listenOnLoopback } from './server.ts'

const PREFIX = '/2018-06-01/runtime'
/** An error report or returned value larger than this is not kept; it is drained so that the runtime gets its answer. */
const ERROR_BODY_LIMIT = 1024 * 1024

/** What a runtime reports when a handler or the function's start failed. */
export interface RuntimeError {
  errorType: string
  errorMessage: string
}

/** One request on its way to a runtime. `payload` is the event as JSON. */
export interface RuntimeInvocation {
  requestId: string
  payload: Buffer
  /** Epoch milliseconds; the runtime's getRemainingTimeInMillis() counts down to it. */
  deadlineMs: number
  traceId: string
  functionArn: string
}

/** What the runtime of one environment does, in the words of the Lambda runtime API. */
export interface RuntimeHandlers {
  /** The runtime asks for work; `deliver` may be called from now on. */
  onNext(): void
  onInitError(error: RuntimeError): void
  /** A streamed answer has begun; the handler consumes `body` and reads its trailers at the end. */
  onStream(requestId: string, body: IncomingMessage): void
  /** A whole answer, or undefined when it was larger than the limit. */
  onResult(requestId: string, json: Buffer | undefined): void
  onError(requestId: string, error: RuntimeError): void
}

export interface RuntimeApi extends Closable {
  /** `127.0.0.1:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  address: string
  /** Answers the pending `/next`. Throws when the runtime is not waiting. */
  deliver(invocation: RuntimeInvocation): void
}

/**
 * The Lambda runtime API of one environment
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a port of its own, as every sandbox has its own.
 * @param limit largest returned JSON in bytes; beyond it the runtime gets 413 as on the platform
 */
export async function createRuntimeApi(handlers: RuntimeHandlers, limit: number): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined
  const server = createServer((request, response) => {
    route(request, response, handlers, limit, () => {
      waiting = response
      handlers.onNext()
    })
  })
  keepOpen(server)
  const { port } = await listenOnLoopback(server, 0)
  return {
    address: `127.0.0.1:${port}`,
    deliver(invocation) {
      if (!waiting) throw new Error('the runtime is not waiting for an invocation')
      const response = waiting
      waiting = undefined
      sendInvocation(response, invocation)
    },
    close: () => closeServer(server),
  }
}

/** A streamed answer is one HTTP request of up to 15 minutes and `/next` waits for ever: no server timeout may end them. */
function keepOpen(server: Server): void {
  server.requestTimeout = 0
  server.keepAliveTimeout = 0
}

function route(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: RuntimeHandlers,
  limit: number,
  onNext: () => void,
): void {
  const path = request.url ?? ''
  const [, id, verb] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
  const requestId = decodeURIComponent(id ?? '')
  if (path === `${PREFIX}/invocation/next`) {
    onNext()
  } else if (path === `${PREFIX}/init/error`) {
    receiveError(request, response, (error) => handlers.onInitError(error))
  } else if (verb === 'error') {
    receiveError(request, response, (error) => handlers.onError(requestId, error))
  } else if (verb === 'response' && request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
    request.once('end', () => accept(response))
    handlers.onStream(requestId, request)
  } else if (verb === 'response') {
    receiveResult(request, response, requestId, handlers, limit)
  } else {
    refuse(response, 404, 'NotFound', `no such path: ${path}`)
  }
}

function receiveError(request: IncomingMessage, response: ServerResponse, done: (error: RuntimeError) => void): void {
  collect(request, ERROR_BODY_LIMIT, (body) => {
    accept(response)
    done(readError(body))
  })
}

function receiveResult(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  handlers: RuntimeHandlers,
  limit: number,
): void {
  collect(request, limit, (json) => {
    if (json) accept(response)
    else refuse(response, 413, 'RequestEntityTooLarge', `Exceeded maximum allowed payload size (${limit} bytes).`)
    handlers.onResult(requestId, json)
  })
}

/** Reads a body of at most `limit` bytes; a longer one is drained and given as undefined. A cut body is never given. */
function collect(request: IncomingMessage, limit: number, done: (body: Buffer | undefined) => void): void {
  let chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else chunks = []
  })
  request.on('error', () => request.destroy()) // the process died while posting; its exit is reported by the environment
  request.on('end', () => done(size <= limit ? Buffer.concat(chunks) : undefined))
}

/** The runtime sends `{errorType, errorMessage, trace}`; anything else is reported as it stands. */
function readError(body: Buffer | undefined): RuntimeError {
  const text = body?.toString('utf8') ?? '(error report too large)'
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) {
      const { errorType, errorMessage } = value as Partial<Record<keyof RuntimeError, unknown>>
      return { errorType: String(errorType ?? 'Error'), errorMessage: String(errorMessage ?? text) }
    }
  } catch (error) {
    return { errorType: 'Runtime.UnreadableError', errorMessage: `${String(error)}: ${text.slice(0, 200)}` }
  }
  return { errorType: 'Error', errorMessage: text }
}

function sendInvocation(response: ServerResponse, invocation: RuntimeInvocation): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': invocation.payload.length,
    'lambda-runtime-aws-request-id': invocation.requestId,
    'lambda-runtime-deadline-ms': String(invocation.deadlineMs),
    'lambda-runtime-invoked-function-arn': invocation.functionArn,
    'lambda-runtime-trace-id': invocation.traceId,
  })
  response.end(invocation.payload)
}

function accept(response: ServerResponse): void {
  const body = '{"status":"OK"}\n'
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  const body = JSON.stringify({ errorMessage, errorType })
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
