import { type ChildProcess, spawn } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { finished, type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type FunctionSpec, LIMITS, type LogSink } from './function-spec.ts'
import { functionArn, functionVariables, type LocalServices, nodeFlags } from './function-variables.ts'
import { createRuntimeApi, type RuntimeApi, type RuntimeError } from './runtime-api.ts'

const RUNTIME = fileURLToPath(import.meta.resolve('aws-lambda-ric'))
const NATIVE_CLIENT = fileURLToPath(new URL('./native-client.cjs', import.meta.url))
/** The platform gives the start 10 s and then counts it against the function's timeout; a busy laptop needs more room. */
const INIT_TIMEOUT_MS = 60_000

/** Why a request got no (whole) answer from its function. */
export interface InvocationFailure {
  kind: 'handler' | 'init' | 'crash' | 'timeout' | 'too-large'
  message: string
}

/** Where the answer of one request goes. `fail` may come after `stream` has begun and at most once. */
export interface InvocationSink {
  stream(body: IncomingMessage): void
  result(json: Buffer): void
  fail(failure: InvocationFailure): void
}

export interface Invocation {
  requestId: string
  traceId: string
  /** The function-URL event as JSON. */
  payload: Buffer
  sink: InvocationSink
}

export interface EnvironmentOptions {
  spec: FunctionSpec
  services: LocalServices
  userEnv: Record<string, string | undefined>
  log: LogSink
  /** The environment has finished a request, its code after the answer included, and waits for the next. */
  onIdle(environment: Environment): void
  onEnded(environment: Environment): void
}

type State =
  | { phase: 'starting'; failure?: RuntimeError; ready(): void; failed(reason: Error): void }
  | { phase: 'idle'; since: number }
  // After a failed handler the runtime asks for the next request on one connection while the end of the answer is still
  // on its way on another: `waiting` remembers that it has asked.
  | { phase: 'busy'; invocation: Invocation; timeout: NodeJS.Timeout; waiting: boolean }
  // The answer is out, the handler still runs (it writes its record); the timeout goes on.
  | { phase: 'finishing'; timeout: NodeJS.Timeout }
  | { phase: 'ended' }

/** The start of a function failed: its module threw, or its process ended before it asked for work. */
export class InitError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InitError'
  }
}

/**
 * One execution environment: a process running aws-lambda-ric with the function's bundle, and its runtime API.
 * It handles one request at a time and is spent once it has ended.
 */
export class Environment {
  readonly spec: FunctionSpec
  /** Settles when the runtime first asks for work; rejects with an InitError when it never will. */
  readonly ready: Promise<void>
  #options: EnvironmentOptions
  #state: State
  #api: RuntimeApi | undefined
  #child: ChildProcess | undefined

  constructor(options: EnvironmentOptions) {
    this.spec = options.spec
    this.#options = options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    this.#state = { phase: 'starting', ready: resolve, failed: reject }
    this.#start().catch((error: unknown) => this.#ended(`could not be started: ${String(error)}`))
  }

  get phase(): State['phase'] {
    return this.#state.phase
  }

  /** Epoch milliseconds since when it is idle; undefined when it is not. */
  get idleSince(): number | undefined {
    return this.#state.phase === 'idle' ? this.#state.since : undefined
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Hands a request to the waiting runtime. Only for an idle environment. */
  invoke(invocation: Invocation): void {
    if (this.#state.phase !== 'idle' || !this.#api) throw new Error(`environment is ${this.#state.phase}, not idle`)
    const { spec, services } = this.#options
    const timeout = setTimeout(() => this.#timeOut(invocation), spec.timeoutMs)
    this.#state = { phase: 'busy', invocation, timeout, waiting: false }
    this.#api.deliver({
      requestId: invocation.requestId,
      payload: invocation.payload,
      traceId: invocation.traceId,
      deadlineMs: Date.now() + spec.timeoutMs,
      functionArn: functionArn(spec, services.region),
    })
  }

  /** Ends the process at once, as the platform does; resolves when it is gone. */
  async end(): Promise<void> {
    const child = this.#child
    this.#ended('the environment was ended', { wanted: true })
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGKILL')
    })
  }

  async #start(): Promise<void> {
    const { spec, services, userEnv } = this.#options
    this.#api = await createRuntimeApi(
      {
        onNext: () => this.#onNext(),
        onInitError: (error) => this.#onInitError(error),
        onStream: (id, body) => this.#onStream(id, body),
        onResult: (id, json) => this.#onResult(id, json),
        onError: (id, error) => {
          this.#sinkOf(id)?.fail({ kind: 'handler', message: describe(error) })
          this.#answered()
        },
      },
      LIMITS.bufferedResponse,
    )
    if (this.#state.phase !== 'starting') return void this.#api.close()
    const child = spawn(process.execPath, [...nodeFlags(spec.memoryMb), '--require', NATIVE_CLIENT, RUNTIME], {
      cwd: spec.codeDir,
      env: functionVariables(spec, this.#api.address, services, userEnv),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C in the terminal must not kill a function in the middle of its record.
      detached: true,
    })
    this.#child = child
    this.#logLines(child.stdout)
    this.#logLines(child.stderr)
    child.once('error', (error) => this.#ended(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) =>
      this.#ended(`Runtime exited with ${signal ? `signal: ${signal}` : `error: exit status ${code}`}`),
    )
    const limit = setTimeout(() => child.kill('SIGKILL'), INIT_TIMEOUT_MS)
    this.ready.then(
      () => clearTimeout(limit),
      () => clearTimeout(limit),
    )
  }

  #onNext(): void {
    const state = this.#state
    if (state.phase === 'busy') state.waiting = true
    else if (state.phase === 'finishing') this.#becomeIdle(state.timeout)
    else if (state.phase === 'starting') {
      this.#state = { phase: 'idle', since: Date.now() }
      state.ready()
    }
  }

  #becomeIdle(timeout: NodeJS.Timeout): void {
    clearTimeout(timeout)
    this.#state = { phase: 'idle', since: Date.now() }
    this.#options.onIdle(this)
  }

  #onInitError(error: RuntimeError): void {
    if (this.#state.phase === 'starting') this.#state.failure = error
  }

  #onStream(requestId: string, body: IncomingMessage): void {
    const sink = this.#sinkOf(requestId)
    if (!sink) return void body.resume()
    // Its end, or that the function broke it off.
    finished(body, () => this.#answered())
    sink.stream(body)
  }

  #onResult(requestId: string, json: Buffer | undefined): void {
    const sink = this.#sinkOf(requestId)
    if (json) sink?.result(json)
    else sink?.fail({ kind: 'too-large', message: `the answer is larger than ${LIMITS.bufferedResponse} bytes` })
    this.#answered()
  }

  #answered(): void {
    const state = this.#state
    if (state.phase !== 'busy') return
    if (state.waiting) this.#becomeIdle(state.timeout)
    else this.#state = { phase: 'finishing', timeout: state.timeout }
  }

  #sinkOf(requestId: string): InvocationSink | undefined {
    const state = this.#state
    return state.phase === 'busy' && state.invocation.requestId === requestId ? state.invocation.sink : undefined
  }

  #timeOut(invocation: Invocation): void {
    const seconds = (this.spec.timeoutMs / 1000).toFixed(2)
    this.#say(`${new Date().toISOString()} ${invocation.requestId} Task timed out after ${seconds} seconds`)
    this.#sinkOf(invocation.requestId)?.fail({ kind: 'timeout', message: `Task timed out after ${seconds} seconds` })
    this.#child?.kill('SIGKILL')
  }

  /** Leaves whatever state it was in for `ended`, once, and tells everyone who waits. */
  #ended(reason: string, { wanted = false } = {}): void {
    const before = this.#state
    if (before.phase === 'ended') return
    this.#state = { phase: 'ended' }
    if (before.phase === 'busy' || before.phase === 'finishing') clearTimeout(before.timeout)
    switch (before.phase) {
      case 'starting':
        before.failed(new InitError(before.failure ? describe(before.failure) : reason))
        break
      case 'busy':
        before.invocation.sink.fail({ kind: 'crash', message: reason })
        break
      case 'idle':
      case 'finishing':
        if (!wanted) this.#say(`${reason} after its answer`)
    }
    void this.#api?.close()
    this.#options.onEnded(this)
  }

  #logLines(stream: Readable): void {
    createInterface({ input: stream }).on('line', (text) => this.#say(text))
  }

  #say(text: string): void {
    this.#options.log({ source: this.spec.name, text })
  }
}

function describe(error: RuntimeError): string {
  return `${error.errorType}: ${error.errorMessage}`
}
