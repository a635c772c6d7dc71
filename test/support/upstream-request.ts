import { expect } from 'vitest'
import { seenRequests } from './control.ts'
import { ask, type Question, type Reply } from './gateway.ts'
import { type Format, formats, scriptOf } from './upstream/format.ts'
import { baseline } from './upstream/reply.ts'
import type { SeenRequest } from './upstream/script.ts'

/** Loosely typed on purpose: what arrived is what is tested. */
export interface Body {
  [field: string]: unknown
  model: string
  messages: BodyMessage[]
  input: BodyItem[]
}

export interface BodyMessage {
  role: string
  content: unknown
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}

export interface BodyItem {
  type?: string
  role?: string
  content?: unknown
  call_id?: string
  name?: string
  arguments?: string
  output?: unknown
}

export interface Sent {
  request: SeenRequest
  body: Body
  reply: Reply
}

/** Sends a request that is answered with the baseline reply. @returns what the provider got */
export async function sent(
  client: Format,
  upstream: Format,
  body: object,
  more: Partial<Question> = {},
): Promise<Sent> {
  const reply = await ask({ client, upstream, script: scriptOf(upstream, baseline), body, ...more })
  expect(reply.status, reply.text).toBe(200)
  const requests = await seenRequests(reply.model)
  expect(requests).toHaveLength(1)
  const [request] = requests
  if (!request) throw new Error('no request arrived')
  return { request, body: JSON.parse(request.body) as Body, reply }
}

/** The text of content that is a string or a list of text parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return (content as { text?: string }[]).map(({ text = '' }) => text).join('\n')
}

/** The six pairs that are conversions. */
export const conversions: [client: Format, upstream: Format][] = formats.flatMap((client) =>
  formats.filter((upstream) => upstream !== client).map((upstream): [Format, Format] => [client, upstream]),
)

/** The content of the first message or item. */
export function firstContent({ body }: Pick<Sent, 'body'>): unknown {
  return (body.messages ?? body.input)[0]?.content
}
