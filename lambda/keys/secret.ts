import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import aws4 from 'aws4'
import type { Settings } from '../config.ts'
import { GatewayFault } from '../errors.ts'
import { describeError, type Log } from '../log.ts'
import { readSecret, type SecretValues } from './secret-values.ts'

/** Connection, answer and all. A first read takes some tens of milliseconds. */
const timeoutMs = 5_000
/** A secret has 64 KB at most; escaped as a JSON text it may double, and the rest is room. Beyond it reading fails. */
const maxAnswerBytes = 512 * 1024
/** Older values are read again in the background while they go on being used. */
const freshMs = 60_000
/** Older values are used only if reading fails: an environment that was frozen must not accept keys long revoked. */
const staleMs = 300_000
/** Between two attempts while there are values to go on with. */
const pauseMs = 5_000

/** The one secret, read once and then kept up to date. */
export interface SecretSource {
  /** Resolves when the first attempt to read is over, however it ended. */
  readonly tried: Promise<unknown>
  /**
   * The values, at once if they are there.
   * @throws GatewayFault `overloaded` (503) while there are none; the next call tries again
   */
  get(): Promise<SecretValues>
  /**
   * The values, read again first if the last attempt to read them is older than `ms`. A failure is logged, and the
   * values in hand are given.
   * @throws GatewayFault as `get`
   */
  refreshIfOlderThan(ms: number): Promise<SecretValues>
}

export interface SecretSourceOptions {
  settings: Pick<Settings, 'secretId' | 'region' | 'credentials' | 'endpoints'>
  log: Log
  /** Milliseconds since the epoch: it goes on while an environment is frozen. */
  now: () => number
}

/** One reading of the secret. `values` resolves to undefined on failure, which has been logged by then. */
interface Attempt {
  startedAt: number
  endedAt?: number
  values: Promise<SecretValues | undefined>
}

/** Starts to read at once, so that at module scope it happens in the platform's initialisation time. */
export function createSecretSource({ settings, log, now }: SecretSourceOptions): SecretSource {
  let current: { values: SecretValues; readAt: number } | undefined
  let last = attempt()

  function attempt(): Attempt {
    const startedAt = now()
    const started: Attempt = { startedAt, values: load(startedAt) }
    void started.values.then(() => {
      started.endedAt = now()
    })
    return started
  }

  async function load(startedAt: number): Promise<SecretValues | undefined> {
    try {
      const values = readSecret(await fetchSecret(settings))
      if (!current || startedAt >= current.readAt) current = { values, readAt: startedAt }
      return values
    } catch (error) {
      const message = current ? 'the secret cannot be read again; its last values stay' : 'the secret cannot be read'
      log('error', message, { error: describeError(error) })
      return undefined
    }
  }

  /** Joins the attempt under way, unless the environment was frozen in the middle of it: that one is as good as lost. */
  function read(): Promise<SecretValues | undefined> {
    const underWay = last.endedAt === undefined && now() - last.startedAt <= timeoutMs
    if (!underWay) last = attempt()
    return last.values
  }

  function triedWithin(ms: number): boolean {
    return last.endedAt !== undefined && now() - last.endedAt < ms
  }

  return {
    tried: last.values,
    async get() {
      const values = current?.values ?? (await read())
      if (!values) throw unreadable()
      const age = current ? now() - current.readAt : 0
      if (age <= freshMs || triedWithin(pauseMs)) return values
      const reading = read()
      return age > staleMs ? ((await reading) ?? values) : values
    },
    async refreshIfOlderThan(ms) {
      const values = triedWithin(ms) ? undefined : await read()
      const known = values ?? current?.values
      if (!known) throw unreadable()
      return known
    },
  }
}

function unreadable(): GatewayFault {
  const message = 'The gateway cannot read its keys at the moment. Try again in a few seconds.'
  return new GatewayFault({ code: 'overloaded', status: 503, message, retryAfterMs: 2_000 })
}

/**
 * GetSecretValue without the AWS SDK, which would cost a cold start about 100 ms.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 * @returns the secret's text
 * @throws Error with the service's own words; never with anything of the secret
 */
async function fetchSecret({ secretId, region, credentials, endpoints }: SecretSourceOptions['settings']) {
  const url = new URL(endpoints.secretsManager ?? defaultEndpoint(region))
  const signed = aws4.sign(
    {
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port && { port: url.port }),
      path: url.pathname,
      method: 'POST',
      service: 'secretsmanager',
      region,
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'secretsmanager.GetSecretValue' },
      body: JSON.stringify({ SecretId: secretId }),
    },
    credentials,
  )
  const { status, body } = await exchange(url.protocol, signed)
  const answer = parseAnswer(body)
  if (status !== 200) {
    throw new Error(`Secrets Manager answered ${status} ${answer?.__type ?? ''}: ${answer?.message ?? 'no reason'}`)
  }
  if (typeof answer?.SecretString !== 'string') throw new Error('the secret has no text (SecretString)')
  return answer.SecretString
}

function defaultEndpoint(region: string): string {
  return `https://secretsmanager.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function exchange(protocol: string, signed: ReturnType<typeof aws4.sign>): Promise<{ status: number; body: string }> {
  const { request: send } = protocol === 'http:' ? http : https
  // Without a pool: one request a minute would find its connection closed. A signal bounds connecting, too.
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(signal.aborted ? new Error(`Secrets Manager did not answer within ${timeoutMs} ms`, { cause }) : cause)
    const request = send({ ...signed, agent: false, signal }, (response) => {
      readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), fail)
    })
    request.once('error', fail)
    request.end(signed.body)
  })
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseAnswer(body: string): { SecretString?: unknown; __type?: unknown; message?: unknown } | undefined {
  try {
    const answer: unknown = JSON.parse(body)
    return typeof answer === 'object' && answer !== null ? answer : undefined
  } catch {
    return undefined // the status tells enough, and the parser's message would quote the secret
  }
}
