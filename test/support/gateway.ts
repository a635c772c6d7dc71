import { expect, inject } from 'vitest'
import { register } from './control.ts'
import { checkError, checkObject, checkStream } from './grammar/index.ts'
import { type HttpAnswer, type HttpCall, httpCall } from './http-call.ts'
import type { Answer } from './read/answer.ts'
import { readObject, readStream } from './read/index.ts'
import { readWritten } from './read/sse-frames.ts'
import { headersOf, paths, requestOf, type Way, ways, wholeWays } from './request.ts'
import { accumulate } from './sdk-oracle.ts'
import type { GatewayName } from './services.ts'
import type { Format } from './upstream/format.ts'
import type { Script } from './upstream/script.ts'

export { paths, requestOf, type Way, ways, wholeWays }

type Leaving = 'leaveAfterMs' | 'leaveOn'

export interface Question extends Pick<HttpCall, Leaving | 'readAfter'> {
  client: Format
  upstream: Format
  way?: Way
  /** What the provider does; or `model`, if it was registered before. */
  script?: Script
  model?: string
  /** Fields over those of a minimal request; undefined takes one away. */
  body?: object
  headers?: Record<string, string>
  gateway?: GatewayName
  /** False: the official SDK is not asked for its opinion (long streams). */
  oracle?: false
}

export interface Reply extends HttpAnswer {
  text: string
  /** The upstream's name of the model. */
  model: string
  requestId: string
  header(name: string): string | undefined
  /** What is in the answer; for an answer in band or whole. */
  read(): Answer
  /** The body of an error answer: its message, and Messages' `type` or OpenAI's. */
  failure(): { message: string; type: string | null; code?: string | null; param?: string | null }
}

export function urlOf(way: Way, path: string, gateway: GatewayName = 'normal'): string {
  const { streamUrl, bufferUrl } = inject('services').gateways[gateway]
  const base = way === 'streamed' || way === 'whole' ? streamUrl : bufferUrl
  return base.replace(/\/$/, '') + path
}

/** Sends one request through the gateway and checks whatever holds for every answer. */
export async function ask(question: Question): Promise<Reply> {
  const { client, upstream, way = 'streamed' } = question
  const model = question.model ?? (await register(question.script ?? { steps: [] }))
  const body = JSON.stringify({ ...requestOf(client, upstream, model, way), ...question.body })
  const reply = await post(urlOf(way, paths[client], question.gateway), client, { ...question, body, model })
  const stays = question.leaveAfterMs === undefined && question.leaveOn === undefined
  if (stays) await checkAnswer(question, reply)
  return reply
}

interface Post extends Pick<HttpCall, Leaving | 'readAfter' | 'method'> {
  body?: string | Uint8Array
  headers?: Record<string, string>
  model?: string
}

/** Sends anything, with the gateway key, and checks nothing. */
export async function post(url: string, client: Format, call: Post): Promise<Reply> {
  const key = inject('services').gatewayKey
  const headers = { ...headersOf(client, key), ...call.headers }
  const answer = await httpCall(url, { ...call, headers })
  const text = answer.body.toString()
  const header = (name: string) => answer.headers.find((each) => each[0] === name)?.[1]
  return {
    ...answer,
    text,
    model: call.model ?? '',
    header,
    requestId: header('x-sluice-request-id') ?? '',
    read: () =>
      isStream(header('content-type'))
        ? readStream[client](readWritten(text).frames)
        : readObject[client](JSON.parse(text)),
    failure: () => (JSON.parse(text) as { error: ReturnType<Reply['failure']> }).error,
  }
}

function isStream(contentType: string | undefined): boolean {
  return contentType?.startsWith('text/event-stream') === true
}

/** What holds for every answer: its headers, and the grammar of what the gateway wrote itself. */
async function checkAnswer({ client, upstream, oracle }: Question, reply: Reply): Promise<void> {
  checkHeaders(reply)
  const converted = client !== upstream
  if (reply.status !== 200) {
    if (converted) expect(checkError(client, reply.status, reply.text), reply.text).toEqual([])
    return
  }
  expect(reply.complete, 'the body has its end').toBe(true)
  if (!isStream(reply.header('content-type'))) {
    expect(checkObject(client, JSON.parse(reply.text), converted), reply.text.slice(0, 2000)).toEqual([])
    return
  }
  if (!converted) return
  const { frames, problems } = readWritten(reply.text)
  expect([...problems, ...checkStream[client](frames)], reply.text.slice(0, 20_000)).toEqual([])
  if (oracle !== false && reply.body.length < 500_000) await askOracle(client, reply)
}

/** The official SDK must read the same answer, or throw where there is an error in band. */
async function askOracle(client: Format, reply: Reply): Promise<void> {
  const own = reply.read()
  const accumulated = accumulate(client, reply.text)
  if (own.error) {
    await expect(accumulated.then(({ finish }) => finish)).rejects.toThrow()
    return
  }
  const { text, calls, finish } = await accumulated
  expect({ text, finish }).toEqual({ text: own.text, finish: own.finish })
  expect(calls.map(({ id, name }) => [id, name])).toEqual(own.calls.map(({ id, name }) => [id, name]))
}

const onceOnly = ['content-type', 'x-request-id', 'request-id', 'x-sluice-request-id', 'cache-control']
const never = [
  'content-encoding',
  'set-cookie',
  'openai-organization',
  'openai-project',
  'x-amzn-remapped-content-length',
]

function checkHeaders(reply: Reply): void {
  const names = reply.headers.map(([name]) => name)
  expect(
    names.filter((name, at) => names.indexOf(name) !== at),
    'headers that came twice',
  ).toEqual([])
  expect(
    names.filter((name) => never.includes(name)),
    'headers that must not pass',
  ).toEqual([])
  expect(names).toEqual(expect.arrayContaining(onceOnly.slice(0, 4)))
  expect(reply.header('x-request-id')).toBe(reply.requestId)
}
