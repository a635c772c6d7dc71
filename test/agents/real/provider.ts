import { createServer, type IncomingMessage } from 'node:http'
import { close, listen } from '../../support/fake-provider.ts'
import { chatEvents } from '../../support/upstream/chat.ts'
import type { Format } from '../../support/upstream/format.ts'
import { messagesEvents } from '../../support/upstream/messages.ts'
import { type Reply, text } from '../../support/upstream/reply.ts'
import { responsesEvents } from '../../support/upstream/responses.ts'
import { sseText } from '../../support/upstream/sse-text.ts'
import { readReplay } from '../replay.ts'
import { turnOne, turnTwo, type WireCall } from '../turns.ts'

/** A tool as the request offers it to the provider. */
export interface OfferedTool {
  name: string
  namespace?: string
  custom?: true
}

export interface ScriptedProvider {
  url: string
  /** Bodies of the requests of each turn, as they came. */
  turns: { one: string[]; two: string[]; other: string[] }
  close(): Promise<void>
}

/**
 * A provider of one format that plays the tool loop with whoever asks: calls while tools are offered and no result is
 * there, the ending after that. Requests without tools (titles, probes) get one word.
 */
export async function startScriptedProvider(
  upstream: Format,
  choose: (offered: readonly OfferedTool[]) => WireCall[],
): Promise<ScriptedProvider> {
  const turns: ScriptedProvider['turns'] = { one: [], two: [], other: [] }
  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    const { turn, answer } = play(upstream, body, choose)
    turns[turn].push(body)
    const { model } = JSON.parse(body) as { model: string }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `upstream-${turn}` })
    response.end(answer.replaceAll('fake-model', model))
  })
  return { url: await listen(server), turns, close: () => close(server) }
}

type Played = { turn: keyof ScriptedProvider['turns']; answer: string }

function play(upstream: Format, body: string, choose: (offered: readonly OfferedTool[]) => WireCall[]): Played {
  if (readReplay[upstream](body).results.length > 0) return { turn: 'two', answer: turnTwo(upstream) }
  const offered = readOffered[upstream](JSON.parse(body))
  if (offered.length > 0) return { turn: 'one', answer: turnOne(upstream, choose(offered)) }
  return { turn: 'other', answer: sseText(eventsOf[upstream]({ parts: [text('Yes')] })) }
}

const eventsOf: Record<Format, (reply: Reply) => object[]> = {
  C: chatEvents,
  M: messagesEvents,
  R: responsesEvents,
}

interface ToolBody {
  type?: string
  name: string
  function?: { name: string }
  custom?: { name: string }
  tools?: ToolBody[]
}
interface RequestBody {
  tools?: ToolBody[]
  input?: { type?: string; tools?: ToolBody[] }[]
}

const readOffered: Record<Format, (body: RequestBody) => OfferedTool[]> = {
  C: ({ tools = [] }) =>
    tools.map((tool) =>
      tool.custom ? { name: tool.custom.name, custom: true } : { name: tool.function?.name ?? tool.name },
    ),
  M: ({ tools = [] }) => tools.map(({ name }) => ({ name })),
  R: ({ tools = [], input = [] }) => {
    const added = input.flatMap((item) => (item.type === 'additional_tools' ? (item.tools ?? []) : []))
    return [...tools, ...added].flatMap((tool) =>
      tool.type === 'namespace'
        ? (tool.tools ?? []).map((inner) => ({ ...offeredOf(inner), namespace: tool.name }))
        : [offeredOf(tool)],
    )
  },
}

function offeredOf({ name, type }: ToolBody): OfferedTool {
  return type === 'custom' ? { name, custom: true } : { name }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
