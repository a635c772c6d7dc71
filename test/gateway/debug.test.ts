import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DebugAspect } from '../../lambda/config.ts'
import { watched } from '../../lambda/gateway/debug.ts'
import { exchange } from '../../lambda/gateway/exchange.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import { createLogger } from '../../lambda/log.ts'
import { goodAnswer, plain } from '../faults/good-answer.ts'
import { gatewayDeps } from '../support/gateway-deps.ts'

const events = goodAnswer('M', plain).events.map(String)
const secretWord = 'tok0'

let provider: Server
beforeAll(async () => {
  provider = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(events.join(''))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void provider.close())

interface Line {
  level: string
  message: string
  requestId: string
  event: string
  durationMs?: number
}

/** What is logged of one answer, and what the client got. */
async function answerWith(aspects: DebugAspect[], path: string, body: object): Promise<{ lines: Line[]; got: string }> {
  const lines: Line[] = []
  const logger = createLogger((line) => void lines.push(JSON.parse(line) as Line))
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const deps = gatewayDeps([{ id: 'm', formats: ['anthropic-messages'], baseUrl, apiKey: 'k' }], [])
  let got = ''
  const client: ClientResponse = {
    live: false,
    opened: false,
    open: () => {},
    write: (chunk) => {
      got += Buffer.from(chunk).toString()
      return undefined
    },
    abort: () => {},
    end: () => {},
  }
  const request = { method: 'POST', path, query: '', headers: {}, body: Buffer.from(JSON.stringify(body)) }
  await exchange({ ...request, remainingMs: () => 60_000 }, client, {
    ...deps,
    debug: async (target, requestId) =>
      watched(target, new Set(aspects), (message, fields) => logger.log('debug', message, { requestId, ...fields })),
  })
  return { lines, got }
}

const chat = { model: 'm/x', stream: true, messages: [{ role: 'user', content: 'Hi' }] }
const messages = { ...chat, max_tokens: 10 }

test.each([
  ['relayed', '/v1/messages', messages],
  ['converted', '/v1/chat/completions', chat],
])('every event of a %s answer is told by its name and size', async (_, path, body) => {
  const { lines } = await answerWith(['frames'], path, body)
  expect(lines.map(({ event }) => event)).toEqual(events.map((event) => /^event: (\w+)/.exec(event)?.[1]))
  expect(lines.every(({ level, message }) => level === 'debug' && message === 'provider event')).toBe(true)
  expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(1)
})

test('canonical events are told by their kind', async () => {
  const { lines } = await answerWith(['events'], '/v1/messages', messages)
  const told = lines.map(({ event }) => event)
  expect(told[0]).toBe('response-start')
  expect(told).toContain('block-start text')
  expect(told).toContain('block-delta text')
  expect(told.slice(-2)).toEqual(['finish stop', 'response-end'])
})

test('the moments of an answer are told once each, in order', async () => {
  const { lines } = await answerWith(['timing'], '/v1/messages', messages)
  expect(lines.map(({ event }) => event)).toEqual(['first event', 'first content', 'end'])
  const times = lines.map(({ durationMs }) => durationMs ?? Number.NaN)
  expect(times).toEqual([...times].sort((left, right) => left - right))
})

test('the answer is the same, and no word of it is told', async () => {
  const plainAnswer = await answerWith([], '/v1/messages', messages)
  const { lines, got } = await answerWith(['frames', 'events', 'timing'], '/v1/messages', messages)
  expect(got).toBe(plainAnswer.got)
  expect(got).toBe(events.join(''))
  expect(got).toContain(secretWord)
  expect(plainAnswer.lines).toEqual([])
  expect(JSON.stringify(lines)).not.toContain(secretWord)
})
