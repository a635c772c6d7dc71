import { describe, expect, it } from 'vitest'
import { ask, type Reply as Got } from '../support/gateway.ts'
import { everyPair, finishWords, type Row } from '../support/pairs.ts'
import { chatDelta, chatDone, chatEvents, chatRole, chatUsage } from '../support/upstream/chat.ts'
import type { Format } from '../support/upstream/format.ts'
import {
  block,
  blockDelta,
  blockStart,
  blockStop,
  messageDelta,
  messageStart,
  messageStop,
} from '../support/upstream/messages.ts'
import { baseline, refusal, text } from '../support/upstream/reply.ts'
import {
  itemAdded,
  itemDone,
  itemEvent,
  messageItem,
  outputText,
  responsesScript,
} from '../support/upstream/responses.ts'
import { type Script, whole } from '../support/upstream/script.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

// Refusals, citations, server tools, unknown content, several choices, logprobs.

const cited = 'Paris has 2.1 M people.'
const url = 'https://example.org/paris'
const title = 'Paris'

function messages(...events: WireEvent[]): Script {
  return whole(sseText([messageStart(), ...events, messageDelta('end_turn'), messageStop]))
}

function chat(...events: WireEvent[]): Script {
  return whole(sseText([chatRole, ...events, chatDelta({}, 'stop'), chatUsage(), chatDone]))
}

const urlCitation = { type: 'url_citation', url, title, start_index: 0, end_index: cited.length }
const webLocation = {
  type: 'citations_delta',
  citation: { type: 'web_search_result_location', url, title, cited_text: 'Paris', encrypted_index: 'abc' },
}

/** A message item whose one annotation comes before or after its text. */
function citedItem(output: number, early: boolean): WireEvent[] {
  const id = `msg_${output}`
  const part = { content_index: 0 }
  const annotation = itemEvent('output_text.annotation.added', output, id, {
    ...part,
    annotation_index: 0,
    annotation: urlCitation,
  })
  const done = outputText(cited, [urlCitation])
  return [
    itemAdded(output, messageItem(id, 'in_progress')),
    itemEvent('content_part.added', output, id, { ...part, part: outputText('') }),
    ...(early ? [annotation] : []),
    itemEvent('output_text.delta', output, id, { ...part, delta: cited, logprobs: [] }),
    ...(early ? [] : [annotation]),
    itemEvent('output_text.done', output, id, { ...part, text: cited, logprobs: [] }),
    itemEvent('content_part.done', output, id, { ...part, part: done }),
    itemDone(output, messageItem(id, 'completed', done)),
  ]
}

function citedBlock(index: number, early: boolean): WireEvent[] {
  const words = { type: 'text_delta', text: cited }
  return block(
    index,
    { type: 'text', text: '', citations: [] },
    ...(early ? [webLocation, words] : [words, webLocation]),
  )
}

const chatCitation = chatDelta({
  annotations: [{ type: 'url_citation', url_citation: { url, title, start_index: 0, end_index: cited.length } }],
})
const citedScripts = (early: boolean): Record<Format, () => Script> => ({
  C: () =>
    chat(...(early ? [chatCitation, chatDelta({ content: cited })] : [chatDelta({ content: cited }), chatCitation])),
  M: () => messages(...citedBlock(0, early)),
  R: () => responsesScript(...citedItem(0, early)),
})

const citedReply = { parts: [text(cited)] }

function checkCitations(got: Got, client: Format): void {
  expect(got.read().citations).toEqual([{ url, title }])
  if (client === 'C')
    expect(got.text).toMatch(/"type":"url_citation","url_citation":\{[^}]*"start_index":0,"end_index":23/)
}

/** A search of the provider's own in front of the cited text. */
const searchScripts: Record<'M' | 'R', () => Script> = {
  M: () =>
    messages(
      ...block(
        0,
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
        { type: 'input_json_delta', partial_json: '{"query":"paris"}' },
      ),
      ...block(1, {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [{ type: 'web_search_result', url, title, encrypted_content: 'x', page_age: null }],
      }),
      ...citedBlock(2, false),
    ),
  R: () =>
    responsesScript(
      itemAdded(0, { id: 'ws_1', type: 'web_search_call', status: 'in_progress' }),
      itemEvent('web_search_call.in_progress', 0, 'ws_1', {}),
      itemEvent('web_search_call.searching', 0, 'ws_1', {}),
      itemEvent('web_search_call.completed', 0, 'ws_1', {}),
      itemDone(0, {
        id: 'ws_1',
        type: 'web_search_call',
        status: 'completed',
        action: { type: 'search', query: 'paris' },
      }),
      ...citedItem(1, false),
    ),
}

const tokens = ['tok0 ', 'tok1 ', 'tok2 ']
/** Things no published API has, around the baseline text. */
const unknownScripts: Record<Format, () => Script> = {
  C: () =>
    whole(
      sseText(
        chatEvents(baseline).map((event, at) =>
          at === 2
            ? {
                ...event,
                future_field: { deep: [1] },
                choices: [
                  { index: 0, delta: { content: 'tok1 ', future_delta: 'x' }, finish_reason: null, future: true },
                ],
              }
            : event,
        ),
      ),
    ),
  M: () =>
    messages(
      { type: 'future_event', payload: { a: 1 } },
      ...block(0, { type: 'future_block', secret: 'leak-me' }, { type: 'future_delta', words: 'leak-me' }),
      blockStart(1, { type: 'text', text: '' }),
      blockDelta(1, { type: 'text_delta', text: 'tok0 ', future: true }),
      blockDelta(1, { type: 'future_delta', words: 'leak-me' }),
      ...tokens.slice(1).map((token) => blockDelta(1, { type: 'text_delta', text: token })),
      blockStop(1),
    ),
  R: () => {
    const unknown = { id: 'fut_1', type: 'future_call', words: 'leak-me' }
    const id = 'msg_1'
    const part = { content_index: 0 }
    return responsesScript(
      itemAdded(0, unknown),
      itemEvent('future_call.delta', 0, 'fut_1', { delta: 'leak-me' }),
      itemDone(0, unknown),
      { type: 'response.future_event', payload: 'leak-me' },
      itemAdded(1, messageItem(id, 'in_progress')),
      itemEvent('content_part.added', 1, id, { ...part, part: outputText('') }),
      ...tokens.map((delta) => itemEvent('output_text.delta', 1, id, { ...part, delta, logprobs: [], future: 1 })),
      itemEvent('output_text.done', 1, id, { ...part, text: tokens.join(''), logprobs: [] }),
      itemEvent('content_part.done', 1, id, { ...part, part: outputText(tokens.join('')) }),
      itemDone(1, messageItem(id, 'completed', outputText(tokens.join('')))),
    )
  },
}

const cannot = 'I cannot help with that.'
const rows: Row[] = [
  {
    name: 'a refusal is a refusal where the client has one, and text with that finish where not',
    upstreams: ['C', 'R'],
    reply: { parts: [refusal('I cannot ', 'help with that.')] },
    expect: ({ client }) =>
      client === 'M' ? { text: cannot, refusal: '', finish: 'refusal' } : { finish: finishWords.natural[client] },
  },
  {
    name: 'text before a Messages refusal is kept',
    upstreams: ['M'],
    reply: { ...baseline, finish: 'filter' },
  },
  ...[false, true].map(
    (early): Row => ({
      name: `a citation ${early ? 'before' : 'after'} its text reaches the client`,
      reply: citedReply,
      script: (upstream) => citedScripts(early)[upstream](),
      check: (got, { client, upstream }) => {
        if (client !== upstream) checkCitations(got, client)
      },
    }),
  ),
  {
    name: 'a search by the provider is no call of the client’s tools',
    upstreams: ['M', 'R'],
    reply: citedReply,
    script: (upstream) => searchScripts[upstream as 'M' | 'R'](),
    check: (got, { client, upstream }) => {
      if (client !== upstream) checkCitations(got, client)
    },
  },
  {
    name: 'what nobody knows yet is dropped in a conversion, and the rest is whole',
    script: (upstream) => unknownScripts[upstream](),
    check: (got, { client, upstream }) => {
      if (client !== upstream) expect(got.text).not.toContain('leak-me')
    },
  },
]

everyPair(rows)

describe('unknown content in a relay', () => {
  it.each(['whole', 'buffered'] as const)('stays in the folded object, %s', async (way) => {
    const message = JSON.parse((await ask({ client: 'M', upstream: 'M', way, script: unknownScripts.M() })).text)
    expect(message.content[0]).toMatchObject({ type: 'future_block', secret: 'leak-me' })
    const response = JSON.parse((await ask({ client: 'R', upstream: 'R', way, script: unknownScripts.R() })).text)
    expect(response.output[0]).toMatchObject({ type: 'future_call', words: 'leak-me' })
  })
})
