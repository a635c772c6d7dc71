import type { StreamLoss } from '../../../lambda/events/losses.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import type { Answer, Finish, ToolCall } from '../independent-reader.ts'

// What an answer must look like to a reader of another format: the documented differences, and nothing else.

/** A reason after it was written in a format and read back. Reasons that are left out stay what they are. */
const finishIn: Record<FormatId, Partial<Record<Finish, Finish>>> = {
  'openai-chat': {
    'stop-sequence': 'stop',
    'context-window': 'length',
    pause: 'length',
    compaction: 'length',
    other: 'stop',
  },
  'anthropic-messages': { refusal: 'content-filter', other: 'stop' },
  'openai-responses': {
    'stop-sequence': 'stop',
    'context-window': 'length',
    pause: 'length',
    compaction: 'length',
    other: 'stop',
  },
}

const noUsage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

/**
 * The answer as a client of `to` must read it after a conversion: Messages has no refusals, custom tools and token
 * probabilities, Responses none of refusals, and both write zeros for unknown usage. An answer that failed has neither.
 */
export function seenIn(to: FormatId, answer: Answer): Answer {
  const { finish, outcome } = answer
  const failed = outcome !== 'complete'
  const seen: Answer = {
    ...answer,
    outcome: failed ? 'error' : 'complete',
    finish: finish && readBack(finishIn[to][finish] ?? finish, to, answer),
    usage: failed ? null : (answer.usage ?? (to === 'openai-chat' ? null : noUsage)),
    tools: answer.tools.map((call) => ({ ...call, id: legalId(call.id) })),
  }
  if (to === 'openai-chat') return seen
  if (to === 'openai-responses') return { ...seen, refusalTokens: [] }
  const tools = seen.tools.map(asFunction)
  return { ...seen, text: answer.text + answer.refusal, refusal: '', tokens: [], refusalTokens: [], tools }
}

/** Where a plain stop is all the format can say, calls and refusals still tell more. */
function readBack(finish: Finish, to: FormatId, { tools, refusal }: Answer): Finish {
  if (finish !== 'stop') return finish
  if (tools.length > 0) return 'tool-calls'
  return refusal !== '' && to !== 'anthropic-messages' ? 'refusal' : 'stop'
}

/** Ids that every format takes must stay; others may change, which is not this comparison's business. */
function legalId(id: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : ''
}

function asFunction(call: ToolCall): ToolCall {
  if (call.kind === 'function') return call
  return { ...call, kind: 'function', arguments: JSON.stringify({ input: call.arguments }) }
}

/** One thing that should have been the same. */
export interface Difference {
  what: string
  expected: string
  found: string
}

/**
 * Where two answers differ. Argument text must be the same to the byte, unless an object that holds parsed input had
 * to be printed again. Reasoning is compared as a whole: how it is cut into blocks is a matter of the format.
 */
export function differences(expected: Answer, found: Answer, printedAgain: boolean): Difference[] {
  const differing: Difference[] = []
  const same = (what: string, left: unknown, right: unknown) => {
    const [wanted, got] = [show(left), show(right)]
    if (wanted !== got) differing.push({ what, expected: wanted, found: got })
  }
  same('outcome', expected.outcome, found.outcome)
  same('text', expected.text, found.text)
  same('refusal', expected.refusal, found.refusal)
  same('reasoning', expected.reasoning.join(''), found.reasoning.join(''))
  const isWhole = expected.outcome === 'complete'
  // A citation is written where its text ends, which an answer that broke off may not have reached.
  same('citations', isWhole ? expected.citations : expected.citations.slice(0, found.citations.length), found.citations)
  same('token probabilities', expected.tokens, found.tokens)
  same('token probabilities of the refusal', expected.refusalTokens, found.refusalTokens)
  const shape = printedAgain ? reprinted : asItIs
  const calls = isWhole ? expected.tools : expected.tools.filter((call, at) => at < found.tools.length || !isBare(call))
  same('tool calls', calls.map(shape), found.tools.map(shape).map(withoutIds(expected.tools)))
  if (!isWhole) return differing
  same('finish', expected.finish, found.finish)
  same('usage', expected.usage, found.usage)
  return differing
}

/** Nothing but its start came: it may wait for the end of the block before it, and the answer broke off. */
function isBare(call: ToolCall): boolean {
  return call.arguments === '' || call.arguments === '{}'
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function asItIs(call: ToolCall): ToolCall {
  return call
}

function reprinted(call: ToolCall): ToolCall {
  try {
    return { ...call, arguments: JSON.stringify(JSON.parse(call.arguments)) }
  } catch {
    return call // cut in the middle, or a custom tool's text: it is kept as it is
  }
}

/** Where no id is expected, any will do. */
function withoutIds(expected: readonly ToolCall[]): (call: ToolCall, index: number) => ToolCall {
  return (call, index) => (expected[index]?.id === '' && call.id !== '' ? { ...call, id: '' } : call)
}

/** The losses that the differences between an answer and what is seen of it must be reported by. */
export function lossesOwed(answer: Answer, seen: Answer): StreamLoss[] {
  const owed: StreamLoss[] = []
  const lostTokens = answer.tokens.length + answer.refusalTokens.length > seen.tokens.length + seen.refusalTokens.length
  if (lostTokens) owed.push('logprobs')
  if (answer.finish !== seen.finish) owed.push(answer.finish === 'stop-sequence' ? 'stop-sequence' : 'finish-detail')
  return owed
}
