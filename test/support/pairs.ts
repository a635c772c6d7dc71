import { describe, expect, it } from 'vitest'
import { register } from './control.ts'
import { ask, type Question, type Reply, type Way, ways } from './gateway.ts'
import type { Answer } from './read/answer.ts'
import { countsOf, eventsOf, type Format, formats } from './upstream/format.ts'
import { baseline, type Counts, type Finish, finishOf, type Part, type Reply as Said } from './upstream/reply.ts'
import { bodyOf, type Script, whole } from './upstream/script.ts'
import { sseText } from './upstream/sse-text.ts'

/** Why an answer ended, in the words of each client. */
export const finishWords: Record<Finish | 'sequence' | 'pause', Record<Format, string>> = {
  natural: { C: 'stop', M: 'end_turn', R: 'completed' },
  tools: { C: 'tool_calls', M: 'tool_use', R: 'completed' },
  limit: { C: 'length', M: 'max_tokens', R: 'incomplete/max_output_tokens' },
  filter: { C: 'content_filter', M: 'refusal', R: 'incomplete/content_filter' },
  sequence: { C: 'stop', M: 'stop_sequence', R: 'completed' },
  pause: { C: 'length', M: 'pause_turn', R: 'incomplete/max_output_tokens' },
}

/** Who asks whom, and how. */
export interface Direction {
  client: Format
  upstream: Format
  way: Way
}

/** One situation, tried for every pair it names. */
export interface Row {
  /** A sentence: what happens. */
  name: string
  /** What the provider does; the baseline reply if missing. */
  script?: (upstream: Format) => Script
  /** What is said, for the expected answer; the baseline if missing. */
  reply?: Said
  /** Over what `reply` leads to expect. */
  expect?: Partial<Answer> | ((direction: Direction) => Partial<Answer>)
  upstreams?: readonly Format[]
  clients?: readonly Format[]
  ways?: readonly Way[]
  /** False: relayed streams are not compared with the script's bytes. */
  identical?: false
  question?: Partial<Question>
  /** Further checks of each answer. */
  check?: (reply: Reply, direction: Direction) => void | Promise<void>
}

/** Declares the tests of a table: a group a row, a test a pair, in it one request for each way. */
export function everyPair(rows: readonly Row[]): void {
  for (const row of rows) {
    describe.concurrent(row.name, () => {
      for (const upstream of row.upstreams ?? formats) {
        for (const client of row.clients ?? formats) {
          it(`${client} client, ${upstream} provider`, () => tryPair(row, client, upstream))
        }
      }
    })
  }
}

async function tryPair(row: Row, client: Format, upstream: Format): Promise<void> {
  const script = row.script?.(upstream) ?? whole(sseText(eventsOf[upstream](row.reply ?? baseline)))
  const model = await register(script)
  for (const way of row.ways ?? ways) {
    const direction = { client, upstream, way }
    const reply = await ask({ ...row.question, ...direction, model })
    const context = `${way}: ${reply.text.slice(0, 3000)}`
    expect(reply.status, context).toBe(200)
    if (client === upstream && way === 'streamed') {
      if (row.identical !== false) expect(reply.text, context).toBe(bodyOf(script))
    } else expect(reply.read(), context).toMatchObject(expected(row, direction))
    await row.check?.(reply, direction)
  }
}

/** What a client must find of a reply, its finish and usage in the client’s words. */
function expected(row: Row, direction: Direction): Partial<Answer> {
  const said = row.reply ?? baseline
  const { client, upstream } = direction
  const more = typeof row.expect === 'function' ? row.expect(direction) : row.expect
  const usage = countsOf(upstream, said)
  return {
    ...contentOf(said.parts),
    finish: finishWords[finishOf(said)][client],
    ...(usage && { usage: visible(usage, client) }),
    ...more,
  }
}

/** Messages has no place for reasoning tokens of its own; they are inside its output. */
export function visible(usage: Counts, client: Format): Counts {
  return client === 'M' ? countsWithout(usage) : { ...usage, reasoning: usage.reasoning ?? 0 }
}

function countsWithout({ reasoning: _reasoning, ...usage }: Counts): Counts {
  return usage
}

function contentOf(parts: readonly Part[]): Partial<Answer> {
  const joined = (kind: 'text' | 'thinking' | 'refusal') =>
    parts.flatMap((part) => (part.kind === kind ? part.deltas : [])).join('')
  const calls = parts.flatMap((part) =>
    part.kind === 'call' ? [{ id: part.id, name: part.name, arguments: part.pieces.join('') || '{}' }] : [],
  )
  return { text: joined('text'), reasoning: joined('thinking'), refusal: joined('refusal'), calls }
}
