import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GatewayFault } from '../../lambda/errors.ts'
import { Losses } from '../../lambda/events/losses.ts'
import type { JsonObject } from '../../lambda/events/request.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { capabilitiesOf } from '../../lambda/providers/models.ts'
import { quirksOf } from '../../lambda/providers/quirks.ts'
import { codecs } from '../support/codecs.ts'

// A request is a file test/requests/<case>.json; what each provider is sent for it is reviewed in <case>.golden.json.

const folder = fileURLToPath(new URL('../requests', import.meta.url))

export interface ClientRequest {
  format: FormatId
  headers?: Record<string, string>
  /** Does the client keep only text (`x-sluice-reasoning: text`)? */
  thinkingText?: true
  body: JsonObject
}

/** Providers and models that differ in what they take, by format; the first of each is written in full. */
const targets = {
  'openai-chat': ['openai/gpt-4o', 'openai/gpt-5.6', 'mistral/large', 'deepseek/chat', 'gemini/pro', 'openrouter/any'],
  'anthropic-messages': ['anthropic/claude-opus-4-6', 'anthropic/claude-opus-5-5', 'anthropic/claude-3-5-haiku'],
  'openai-responses': ['openai/gpt-5.6', 'openai/gpt-4o', 'xai/grok'],
} as const satisfies Record<FormatId, readonly string[]>

type Sent = { body: JsonObject; headers?: Record<string, string>; losses: string[] } | { error: JsonObject }

/** Every case, sorted. */
export function requestNames(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && !file.endsWith('.golden.json'))
  return files.map((file) => file.slice(0, -'.json'.length)).sort()
}

export function requestOf(name: string): ClientRequest {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

export function requestGolden(name: string): string {
  return join(folder, `${name}.golden.json`)
}

export function reviewedRequest(name: string): string | undefined {
  return existsSync(requestGolden(name)) ? readFileSync(requestGolden(name), 'utf8') : undefined
}

/**
 * What every provider of another format is sent. Of a format's further providers only what differs from the first:
 * `body` with the fields that do, null for one that is not sent.
 */
export function sentForRequest(request: ClientRequest): string {
  const sent: Record<string, unknown> = {}
  for (const [format, models] of Object.entries(targets)) {
    if (format === request.format) continue
    const [first, ...others] = models.map((model) => [model, sendTo(request, format as FormatId, model)] as const)
    if (!first) continue
    sent[first[0]] = first[1]
    for (const [model, other] of others) sent[model] = difference(first[1], other)
  }
  return `${JSON.stringify(sent, null, 2)}\n`
}

/** One conversion of a request, as `prepareConversion` does it. */
export function sendTo(request: ClientRequest, format: FormatId, target: string): Sent {
  const [id = '', model = ''] = target.split('/')
  const losses = new Losses()
  const { headers = {}, thinkingText = false } = request
  try {
    const canonical = codecs[request.format].readRequest(request.body, { headers, losses, thinkingText })
    const context = { model, capabilities: capabilitiesOf(model), quirks: quirksOf({ id, baseUrl: '' }), losses }
    const written = codecs[format].writeRequest(canonical, context)
    return { body: written.body, ...(written.headers && { headers: written.headers }), losses: losses.list() }
  } catch (cause) {
    if (!(cause instanceof GatewayFault)) throw cause
    const { code, message, param } = cause.error
    return { error: { code, message, param } }
  }
}

function difference(first: Sent, other: Sent): object {
  if ('error' in first || 'error' in other) return other
  const names = new Set([...Object.keys(first.body), ...Object.keys(other.body)])
  const changed = [...names].filter((name) => JSON.stringify(first.body[name]) !== JSON.stringify(other.body[name]))
  return { ...other, body: Object.fromEntries(changed.map((name) => [name, other.body[name] ?? null])) }
}
