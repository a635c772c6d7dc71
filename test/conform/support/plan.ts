import fc from 'fast-check'
import type { FinishReason } from '../../../lambda/events/finish.ts'
import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import type { Usage } from '../../../lambda/events/usage.ts'
import type { Answer, Finish } from '../../tools/independent-reader.ts'

/** A block of an answer before it becomes events: what it says, in the pieces in which it says it. */
export type PlannedBlock =
  | { kind: 'text'; pieces: string[] }
  | { kind: 'refusal'; pieces: string[] }
  | { kind: 'reasoning'; pieces: string[]; seal: 'none' | 'signature' | 'encrypted' | 'redacted'; value: string }
  | { kind: 'call'; id: string; name: string; tool: 'function' | 'custom'; pieces: string[] }
  | { kind: 'foreign'; block: Block; secret: string }

/** An answer as a generator makes it up: everything an encoder must be able to write. */
export interface Plan {
  blocks: PlannedBlock[]
  /** Do calls that stand side by side mix their pieces? */
  interleaved: boolean
  usage: Required<Pick<Usage, 'input' | 'cacheRead' | 'cacheWrite5m' | 'output' | 'reasoning'>>
  finish: Exclude<FinishReason, 'malformed-tool-call' | 'tool-calls' | 'refusal'>
}

// Framing, escapes and surrogate pairs are what texts break on; empty pieces are what states break on.
const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    '',
    '\n\ndata: [DONE]\n\n',
    'event: x',
    '\u2028\u2029',
    '👩\u200d🚀',
    '\\"{}',
    '{}',
    '\r\n',
    'message_stop',
  ),
)
const pieces = fc.array(piece, { maxLength: 5 })
const opaque = fc.base64String({ minLength: 4, maxLength: 24 })

/** JSON text cut anywhere, or '' for a call without arguments. */
const argumentPieces: fc.Arbitrary<string[]> = fc.oneof(
  fc.constant<string[]>([]),
  fc
    .tuple(
      fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
      fc.integer({ min: 1, max: 9 }),
    )
    .map(([value, length]) => cut(JSON.stringify(value), length)),
)

function cut(text: string, length: number): string[] {
  const characters = [...text]
  const parts: string[] = []
  for (let at = 0; at < characters.length; at += length) parts.push(characters.slice(at, at + length).join(''))
  return parts
}

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/)

const block: fc.Arbitrary<PlannedBlock> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('text' as const), pieces }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refusal' as const), pieces }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reasoning' as const),
      pieces,
      seal: fc.constantFrom('none' as const, 'signature' as const, 'encrypted' as const, 'redacted' as const),
      value: opaque,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      id: fc.stringMatching(/^call_[A-Za-z0-9]{6}$/),
      name,
      tool: fc.constant('function' as const),
      pieces: argumentPieces,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      id: fc.stringMatching(/^call_[A-Za-z0-9]{6}$/),
      name,
      tool: fc.constant('custom' as const),
      pieces: pieces.filter((parts) => parts.join('') !== ''),
    }),
  },
  { weight: 1, arbitrary: foreignBlock() },
)

/** Blocks that only their own format can say: what they hold must never turn up as text. */
function foreignBlock(): fc.Arbitrary<PlannedBlock> {
  const secret = 'SECRET-OF-ANOTHER-FORMAT'
  return fc
    .constantFrom<Block>(
      { kind: 'native', native: { type: 'sea_chart', secret } },
      { kind: 'server-tool', name: 'harbour_pilot', phase: 'call' },
      { kind: 'server-tool', name: 'harbour_pilot', phase: 'result' },
    )
    .map((block) => ({ kind: 'foreign' as const, block, secret }))
}

const tokens = fc.nat({ max: 100_000 })

export const plans: fc.Arbitrary<Plan> = fc.record({
  blocks: fc
    .array(block, { maxLength: 7 })
    .map(refusalsLast)
    // Ids name calls: two of one id are one call to every client.
    .filter((blocks) => unique(blocks.flatMap((entry) => (entry.kind === 'call' ? [entry.id] : [])))),
  interleaved: fc.boolean(),
  usage: fc.record({
    input: tokens.map((n) => n + 1),
    cacheRead: tokens,
    cacheWrite5m: tokens,
    output: tokens.map((n) => n + 1),
    reasoning: fc.constant(0),
  }),
  finish: fc.constantFrom(
    'stop',
    'stop-sequence',
    'length',
    'context-window',
    'content-filter',
    'pause',
    'compaction',
    'other',
  ),
})

/** Messages has one kind of text for both, so that their order would be lost to a reader that keeps them apart. */
function refusalsLast(blocks: PlannedBlock[]): PlannedBlock[] {
  const from = blocks.findIndex(({ kind }) => kind === 'refusal')
  return blocks.filter(({ kind }, at) => kind !== 'text' || from < 0 || at < from)
}

function unique(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}

/** The canonical events of a plan: grammar in. */
export function eventsOf({ blocks, interleaved, usage, finish }: Plan): StreamEvent[] {
  const reason = finishOf(blocks, finish)
  const events: StreamEvent[] = [{ type: 'response-start', id: 'answer-1', model: 'model-1', createdAt: 1_767_225_600 }]
  for (let index = 0; index < blocks.length; ) {
    const together = interleaved ? callsFrom(blocks, index) : 1
    const group = blocks.slice(index, index + together)
    events.push(
      ...group.map((entry, at): StreamEvent => ({ type: 'block-start', index: index + at, block: started(entry) })),
    )
    events.push(...mixed(group.map((entry, at) => deltasOf(entry).map((delta) => ({ index: index + at, delta })))))
    events.push(...group.map((_, at): StreamEvent => ({ type: 'block-end', index: index + at })))
    index += together
  }
  return [...events, { type: 'usage', usage }, { type: 'finish', reason }, { type: 'response-end' }]
}

/** How many calls stand side by side from here; at least one block. */
function callsFrom(blocks: readonly PlannedBlock[], from: number): number {
  let count = 0
  while (blocks[from + count]?.kind === 'call') count++
  return Math.max(count, 1)
}

function started(entry: PlannedBlock): Block {
  switch (entry.kind) {
    case 'text':
    case 'refusal':
      return { kind: entry.kind }
    case 'reasoning':
      return { kind: 'reasoning', issuer: 'anthropic', ...(entry.seal === 'redacted' && { redacted: true }) }
    case 'call':
      return { kind: 'tool-call', id: entry.id, name: entry.name, tool: entry.tool }
    case 'foreign':
      return entry.block
  }
}

function deltasOf(entry: PlannedBlock): Delta[] {
  switch (entry.kind) {
    case 'text':
      return entry.pieces.map((text) => ({ kind: 'text', text }))
    case 'refusal':
      return entry.pieces.map((text) => ({ kind: 'refusal', text }))
    case 'reasoning': {
      const texts = entry.pieces.map((text): Delta => ({ kind: 'reasoning', text, part: 0 }))
      if (entry.seal === 'signature') return [...texts, { kind: 'signature', value: entry.value }]
      if (entry.seal === 'encrypted') return [...texts, { kind: 'encrypted', value: entry.value }]
      return entry.seal === 'redacted' ? [{ kind: 'encrypted', value: entry.value }] : texts
    }
    case 'call':
      return entry.pieces.map((text) => ({ kind: 'arguments', text }))
    case 'foreign':
      return [{ kind: 'native', native: { secret: entry.secret } }]
  }
}

/** One delta of each list in turn. */
function mixed(lists: ReadonlyArray<ReadonlyArray<{ index: number; delta: Delta }>>): StreamEvent[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)))
    .flat()
    .map((entry): StreamEvent => ({ type: 'block-delta', ...entry }))
}

/** Calls and refusals make a plain stop into what it is. */
function finishOf(blocks: readonly PlannedBlock[], finish: Plan['finish']): FinishReason & Finish {
  if (finish !== 'stop' && finish !== 'other') return finish
  if (blocks.some(({ kind }) => kind === 'call')) return 'tool-calls'
  return finish === 'stop' && refusalIn(blocks) !== '' ? 'refusal' : finish
}

function refusalIn(blocks: readonly PlannedBlock[]): string {
  return blocks.map((entry) => (entry.kind === 'refusal' ? entry.pieces.join('') : '')).join('')
}

/** What any reader must find in the plan's answer. */
export function answerOf({ blocks, usage, finish }: Plan): Answer {
  const of = <K extends PlannedBlock['kind']>(kind: K) =>
    blocks.filter((entry): entry is Extract<PlannedBlock, { kind: K }> => entry.kind === kind)
  const reasoning = of('reasoning').map((entry) => (entry.seal === 'redacted' ? '' : entry.pieces.join('')))
  return {
    outcome: 'complete',
    error: null,
    text: of('text')
      .map((entry) => entry.pieces.join(''))
      .join(''),
    refusal: refusalIn(blocks),
    reasoning: reasoning.filter((text) => text !== ''),
    seals: [],
    tools: of('call').map((entry) => ({
      id: entry.id,
      name: entry.name,
      kind: entry.tool,
      arguments: entry.pieces.join('') || (entry.tool === 'function' ? '{}' : ''),
    })),
    citations: [],
    tokens: [],
    refusalTokens: [],
    finish: finishOf(blocks, finish),
    usage: {
      input: usage.input,
      cacheRead: usage.cacheRead,
      cacheWrite: usage.cacheWrite5m,
      output: usage.output,
      reasoning: usage.reasoning,
    },
  }
}
