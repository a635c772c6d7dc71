import { chatArguments, chatCallStart, chatDelta, chatDone, chatRole, chatUsage } from '../support/upstream/chat.ts'
import type { Format } from '../support/upstream/format.ts'
import { block, messageDelta, messageStart, messageStop, startUsage, textBlock } from '../support/upstream/messages.ts'
import type { Counts } from '../support/upstream/reply.ts'
import {
  itemAdded,
  itemDone,
  itemEvent,
  numbered,
  responseBegin,
  responseEnd,
  textItem,
} from '../support/upstream/responses.ts'
import { sseText, type WireEvent } from '../support/upstream/sse-text.ts'

/**
 * The two answers of a tool loop as providers write them. Turn one thinks, says a word and calls tools in parallel;
 * turn two, once the results are there, says the end. What is opaque is each provider's own.
 */

/** A call in the upstream's words: the name it was offered, the arguments as its model writes them. */
export interface WireCall {
  id: string
  name: string
  arguments: string
  /** A free-text tool, for upstreams that have them; `arguments` is the text. */
  custom?: true
  /** R: where the tool was offered inside one. */
  namespace?: string
}

/**
 * Who answers: a format, or a Chat provider that takes its reasoning back as `reasoning_details` or as
 * `reasoning_content` (a plain one takes none).
 */
export type Speaker = Format | 'C with details' | 'C with text'

/** The format a speaker speaks and its provider's id in the acceptance gateways. */
export const speakers = {
  C: { format: 'C', provider: 'c' },
  'C with details': { format: 'C', provider: 'openrouter' },
  'C with text': { format: 'C', provider: 'deepseek' },
  M: { format: 'M', provider: 'anthropic' },
  // Azure's answers are OpenAI's; the name `openai` must stay free, for tests of a provider that is not there.
  R: { format: 'R', provider: 'azure' },
} as const satisfies Record<Speaker, { format: Format; provider: string }>

/** What must come back to its issuer unchanged. With the characters that careless code re-encodes or trims. */
export const opaque = {
  signature: `EqQBCkYIARgCKkD+/9w==${'Zm9vYmFy'.repeat(40)}/+aZ09==`,
  redacted: `EmwKAhgBEgy3va3p/+${'cmVkYWN0ZWQ'.repeat(20)}==`,
  encrypted: `gAAAAABl_-0${'ZW5jcnlwdGVk'.repeat(50)}-_w==`,
  detailsSignature: `ErUBCkYIBxgCIkA/${'ZGV0YWlscw'.repeat(20)}+==`,
} as const

/** Reasoning text with what must not be trimmed or normalised. */
export const thoughts = [
  '**Looking around**\n\nTwo things are needed: ',
  'the greeting \u{1F44B} and “the file”.  \n',
] as const
export const secondSummary = '**Second part**\n\nBoth at once.'
export const preface = 'I will look at both.'
export const ending = 'Both are done: hello and the note.'

export const firstCounts: Counts = { input: 1200, cacheRead: 800, cacheWrite: 0, output: 95, reasoning: 60 }
export const secondCounts: Counts = { input: 130, cacheRead: 2000, cacheWrite: 0, output: 21, reasoning: 0 }

const reasoningId = 'rs_0c1d2e3f4a5b6c7d'

/** The reasoning of turn one as the provider wants it back on turn two: blocks, items, or fields of the message. */
export const ownReasoning = {
  M: [
    { type: 'thinking', thinking: thoughts.join(''), signature: opaque.signature },
    { type: 'redacted_thinking', data: opaque.redacted },
  ],
  R: [
    {
      type: 'reasoning',
      id: reasoningId,
      summary: [
        { type: 'summary_text', text: thoughts.join('') },
        { type: 'summary_text', text: secondSummary },
      ],
      encrypted_content: opaque.encrypted,
    },
  ],
  C: [],
  'C with text': [],
  'C with details': [
    {
      type: 'reasoning.text',
      text: thoughts.join(''),
      signature: opaque.detailsSignature,
      format: 'anthropic-claude-v1',
      index: 0,
    },
    { type: 'reasoning.encrypted', data: opaque.redacted, format: 'anthropic-claude-v1', index: 1 },
  ],
} as const satisfies Record<Speaker, readonly object[]>

const half = (text: string) => Math.ceil(text.length / 2)
const halves = (text: string) => [text.slice(0, half(text)), text.slice(half(text))]

/** The provider's bytes of turn one. */
export function turnOne(speaker: Speaker, calls: readonly WireCall[], counts = firstCounts): string {
  return sseText(firstTurns[speaker](calls, counts))
}

/** The provider's bytes of turn two. */
export function turnTwo(speaker: Speaker, counts = secondCounts): string {
  return sseText(secondTurns[speakers[speaker].format](counts))
}

const firstTurns: Record<Speaker, (calls: readonly WireCall[], counts: Counts) => WireEvent[]> = {
  C: (calls, counts) => chatTurn(plainReasoning, calls, counts),
  'C with text': (calls, counts) => chatTurn(plainReasoning, calls, counts),
  'C with details': (calls, counts) => chatTurn(detailedReasoning, calls, counts),
  M: messagesTurn,
  R: responsesTurn,
}

const plainReasoning = thoughts.map((reasoning_content) => chatDelta({ reasoning_content }))

/** As OpenRouter streams it: fragments of the text, then the signature alone, then the redacted part. */
const detailedReasoning = [
  ...thoughts.map((text) =>
    chatDelta({
      reasoning: text,
      reasoning_details: [{ type: 'reasoning.text', text, format: 'anthropic-claude-v1', index: 0 }],
    }),
  ),
  chatDelta({
    reasoning_details: [
      { type: 'reasoning.text', signature: opaque.detailsSignature, format: 'anthropic-claude-v1', index: 0 },
    ],
  }),
  chatDelta({
    reasoning_details: [
      { type: 'reasoning.encrypted', data: opaque.redacted, format: 'anthropic-claude-v1', index: 1 },
    ],
  }),
]

function chatTurn(reasoning: WireEvent[], calls: readonly WireCall[], counts: Counts): WireEvent[] {
  return [
    chatRole,
    ...reasoning,
    chatDelta({ content: preface }),
    ...calls.flatMap((call, index) => chatCall(call, index)),
    chatDelta({}, 'tool_calls'),
    chatUsage(counts),
    chatDone,
  ]
}

function chatCall({ id, name, arguments: text, custom }: WireCall, index: number): WireEvent[] {
  if (!custom) return [chatCallStart(index, id, name), ...halves(text).map((piece) => chatArguments(index, piece))]
  return [
    chatDelta({ tool_calls: [{ index, id, type: 'custom', custom: { name, input: '' } }] }),
    ...halves(text).map((input) => chatDelta({ tool_calls: [{ index, custom: { input } }] })),
  ]
}

function messagesTurn(calls: readonly WireCall[], counts: Counts): WireEvent[] {
  const text = 2
  return [
    messageStart(startUsage(counts)),
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      ...thoughts.map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: opaque.signature },
    ),
    ...block(1, { type: 'redacted_thinking', data: opaque.redacted }),
    ...textBlock(text, preface),
    ...calls.flatMap(({ id, name, arguments: json }, at) =>
      block(
        text + 1 + at,
        { type: 'tool_use', id, name, input: {} },
        ...halves(json).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      ),
    ),
    messageDelta('tool_use', outputUsage(counts)),
    messageStop,
  ]
}

function outputUsage({ output, reasoning }: Counts): object {
  return { output_tokens: output, output_tokens_details: { thinking_tokens: reasoning } }
}

function responsesTurn(calls: readonly WireCall[], counts: Counts): WireEvent[] {
  const items = [
    ...reasoningEvents(),
    ...textItem(1, 'msg_0c1d2e3f4a5b6c7e', preface),
    ...calls.flatMap((call, at) => responsesCall(call, at + 2)),
  ]
  return numbered([...responseBegin, ...items, responseEnd(items, 'tools', counts)])
}

function reasoningEvents(): WireEvent[] {
  const [item] = ownReasoning.R
  const parts = item.summary.flatMap((part, summary_index) => [
    itemEvent('reasoning_summary_part.added', 0, item.id, { summary_index, part: { ...part, text: '' } }),
    itemEvent('reasoning_summary_text.delta', 0, item.id, { summary_index, delta: part.text }),
    itemEvent('reasoning_summary_text.done', 0, item.id, { summary_index, text: part.text }),
    itemEvent('reasoning_summary_part.done', 0, item.id, { summary_index, part }),
  ])
  return [itemAdded(0, { ...item, summary: [], encrypted_content: '' }), ...parts, itemDone(0, item)]
}

function responsesCall(call: WireCall, output: number): WireEvent[] {
  const { id, name, namespace, arguments: text, custom } = call
  const kind = custom ? customWords : functionWords
  const item = {
    id: `${kind.prefix}0c1d2e3f${output}`,
    type: kind.type,
    call_id: id,
    name,
    ...(namespace && { namespace }),
  }
  return [
    itemAdded(output, { ...item, status: 'in_progress', [kind.field]: '' }),
    ...halves(text).map((delta) => itemEvent(`${kind.event}.delta`, output, item.id, { delta })),
    itemEvent(`${kind.event}.done`, output, item.id, { [kind.field]: text, ...(!custom && { name }) }),
    itemDone(output, { ...item, status: 'completed', [kind.field]: text }),
  ]
}

const functionWords = { type: 'function_call', prefix: 'fc_', field: 'arguments', event: 'function_call_arguments' }
const customWords = { type: 'custom_tool_call', prefix: 'ctc_', field: 'input', event: 'custom_tool_call_input' }

const secondTurns: Record<Format, (counts: Counts) => WireEvent[]> = {
  C: (counts) => [chatRole, chatDelta({ content: ending }), chatDelta({}, 'stop'), chatUsage(counts), chatDone],
  M: (counts) => [
    messageStart(startUsage(counts)),
    ...textBlock(0, ending),
    messageDelta('end_turn', outputUsage(counts)),
    messageStop,
  ],
  R: (counts) => {
    const items = textItem(0, 'msg_1c1d2e3f4a5b6c7e', ending)
    return numbered([...responseBegin, ...items, responseEnd(items, 'natural', counts)])
  },
}
