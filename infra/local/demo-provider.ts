import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { DEMO_MODELS, type DemoAnswer, type DemoBlock, type DemoModel, isDemoModel } from './demo-answers.ts'
import { type DemoRequest, readDemoRequest } from './demo-request.ts'
import type { ProviderEntry } from './provider-setting.ts'
import { type Closable, closeServer, listenOnLoopback } from './server.ts'

/** The front lets no larger body through. */
const BODY_LIMIT = 8 * 1024 * 1024
/** Words of an answer that make one delta. */
const WORDS_PER_DELTA = 3
const JSON_PER_DELTA = 12

export interface DemoProvider extends Closable {
  /** How the gateway is told about it. */
  entry: ProviderEntry
}

type Emit = (type: string, fields: Record<string, unknown>) => void

/** A provider without a model behind it: Anthropic's Messages API on loopback, streamed and whole. */
export async function startDemoProvider(): Promise<DemoProvider> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, 400, 'invalid_request_error', (error as Error).message)
      else response.destroy()
    })
  })
  server.keepAliveTimeout = 120_000
  const { url } = await listenOnLoopback(server, 0)
  return {
    entry: { id: 'demo', formats: ['anthropic-messages'], baseUrl: url, apiKey: 'demo' },
    close: () => closeServer(server),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0]
  if (request.method === 'GET' && path === '/v1/models') return sendModels(response)
  if (request.method !== 'POST' || path !== '/v1/messages') {
    return sendError(response, 404, 'not_found_error', `the demo serves POST /v1/messages, not ${path}`)
  }
  const asked = readDemoRequest(await readBody(request))
  if (!isDemoModel(asked.model)) {
    const known = Object.keys(DEMO_MODELS).join(', ')
    return sendError(response, 404, 'not_found_error', `model: ${asked.model}; the demo has ${known}`)
  }
  const planned: DemoAnswer = DEMO_MODELS[asked.model](asked.question)
  await pause(planned.delayMs)
  if (asked.stream) await streamAnswer(response, asked, planned)
  else sendWhole(response, asked, planned)
}

async function streamAnswer(response: ServerResponse, asked: DemoRequest, planned: DemoAnswer): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': requestId() })
  const emit: Emit = (type, fields) => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  }
  const usage = { input_tokens: asked.inputTokens, output_tokens: 1 }
  emit('message_start', { message: { ...emptyMessage(asked.model), usage } })
  for (const [index, block] of planned.blocks.entries()) {
    if (response.destroyed) return // the gateway has gone; nobody pays for a demo
    await streamBlock(emit, index, block)
  }
  if (planned.fails) {
    emit('error', { error: planned.fails })
  } else {
    const delta = { stop_reason: planned.stopReason, stop_sequence: null }
    emit('message_delta', { delta, usage: { ...usage, output_tokens: outputTokens(planned) } })
    emit('message_stop', {})
  }
  response.end()
}

async function streamBlock(emit: Emit, index: number, block: DemoBlock): Promise<void> {
  emit('content_block_start', { index, content_block: blockStart(block) })
  for (const piece of pieces(block)) {
    await pause(block.pauseMs)
    emit('content_block_delta', { index, delta: blockDelta(block, piece) })
  }
  if (block.type === 'thinking') {
    emit('content_block_delta', { index, delta: { type: 'signature_delta', signature: block.signature } })
  }
  emit('content_block_stop', { index })
}

function sendWhole(response: ServerResponse, asked: DemoRequest, planned: DemoAnswer): void {
  if (planned.fails) {
    sendError(response, 529, planned.fails.type, planned.fails.message)
    return
  }
  const usage = { input_tokens: asked.inputTokens, output_tokens: outputTokens(planned) }
  const content = planned.blocks.map(wholeBlock)
  sendJson(response, 200, { ...emptyMessage(asked.model), content, stop_reason: planned.stopReason, usage })
}

function emptyMessage(model: DemoModel | string): Record<string, unknown> {
  const id = `msg_demo_${randomUUID().replaceAll('-', '')}`
  return { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null }
}

function blockStart(block: DemoBlock): unknown {
  const start = wholeBlock(block)
  if (block.type === 'text') return { ...start, text: '' }
  if (block.type === 'thinking') return { ...start, thinking: '', signature: '' }
  return { ...start, input: {} }
}

function wholeBlock(block: DemoBlock): Record<string, unknown> {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'thinking') return { type: 'thinking', thinking: block.text, signature: block.signature }
  const id = `toolu_demo_${randomUUID().replaceAll('-', '')}`
  return { type: 'tool_use', id, name: block.name, input: block.input }
}

function blockDelta(block: DemoBlock, piece: string): unknown {
  if (block.type === 'text') return { type: 'text_delta', text: piece }
  if (block.type === 'thinking') return { type: 'thinking_delta', thinking: piece }
  return { type: 'input_json_delta', partial_json: piece }
}

function pieces(block: DemoBlock): string[] {
  if (block.type === 'tool_use')
    return JSON.stringify(block.input).match(new RegExp(`.{1,${JSON_PER_DELTA}}`, 'gsu')) ?? []
  return block.text.match(new RegExp(`(?:\\S+\\s*){1,${WORDS_PER_DELTA}}`, 'g')) ?? []
}

/** A word is a token here; honest enough for numbers that must only be consistent. */
function outputTokens(planned: DemoAnswer): number {
  const text = planned.blocks.map((block) => (block.type === 'tool_use' ? JSON.stringify(block.input) : block.text))
  return text.join(' ').split(/\s+/).filter(Boolean).length
}

function sendModels(response: ServerResponse): void {
  const data = Object.keys(DEMO_MODELS).map((id) => ({ id, type: 'model', display_name: `Demo: ${id}` }))
  sendJson(response, 200, { data, has_more: false })
}

function sendError(response: ServerResponse, status: number, type: string, message: string): void {
  sendJson(response, status, { type: 'error', error: { type, message } })
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': requestId(),
  })
  response.end(body)
}

function requestId(): string {
  return `req_demo_${randomUUID()}`
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
