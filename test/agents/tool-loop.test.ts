import { describe, expect, it } from 'vitest'
import { finishWords, visible } from '../support/pairs.ts'
import { readStream } from '../support/read/index.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import { readRecord } from '../support/records.ts'
import type { Counts } from '../support/upstream/reply.ts'
import { chatApp } from './chat-app.ts'
import { claudeCode } from './claude-code.ts'
import { codex, codexOfKnownModels } from './codex.ts'
import { playLoop, type Turn } from './loop.ts'
import type { Player } from './player.ts'
import { type Replay, readReplay } from './replay.ts'
import { ending, firstCounts, ownReasoning, preface, type Speaker, secondCounts, speakers, thoughts } from './turns.ts'

const players = {
  'Claude Code': claudeCode,
  Codex: codex,
  'Codex with models it knows': codexOfKnownModels,
  'a chat app': chatApp,
}
const everyone = Object.keys(speakers) as Speaker[]

for (const [name, player] of Object.entries(players)) {
  describe.concurrent(`the tool loop of ${name}`, () => {
    it.for(everyone)('comes back whole to its upstream: %s', async (speaker) => {
      const [one, two] = await playLoop(player, speaker)
      expect([one.reply.status, two.reply.status], one.reply.text + two.reply.text).toEqual([200, 200])
      expect(await player.readCalls(one.reply.text)).toEqual(player.visible)
      checkUpstream(player, speaker, one, two)
      checkAnswers(player, speaker, one, two)
      await checkRecords(player, speaker, one, two)
    })
  })
}

/** Own reasoning unchanged and first, then what was said, the calls as offered, each call's result. */
function expectedReplay(player: Player, speaker: Speaker): Replay {
  const { format } = speakers[speaker]
  const relays = player.client === format
  const own = ownReasoning[speaker]
  const text = speaker === 'C with text' && !relays ? thoughts.join('') : ''
  const calls = player.calls[speaker]
  const results = player.results.map(({ call, text: said, error }) => {
    const joined = typeof said === 'string' ? said : said.join(format === 'C' ? '\n' : '')
    const marked = error && format !== 'M' ? `Error: ${joined}` : joined
    return { id: calls[call]?.id ?? '', text: marked, ...(error && format === 'M' && { isError: true as const }) }
  })
  const order: Replay['order'] = [
    ...own.map(() => 'reasoning' as const),
    ...(text === '' ? [] : ['reasoning' as const]),
    'text',
    ...calls.map(() => 'call' as const),
    ...results.map(() => 'result' as const),
  ]
  return { reasoning: [...own], reasoningText: text, text: preface, calls: [...calls], results, order }
}

/** A relay sends on what it got but for the model's name; a conversion restores what the upstream had said. */
function checkUpstream(player: Player, speaker: Speaker, one: Turn, { sent, seen }: Turn): void {
  const { format, provider } = speakers[speaker]
  if (player.client !== format) expectSamePrefix(one.seen.body, seen.body)
  if (player.client === format) expect(seen.body).toBe(sent.replace(`"model":"${provider}/`, '"model":"'))
  // The SDK's message keeps only the last piece of what a Chat provider said in fields it does not know.
  if (player.client === 'C' && format === 'C') return
  expect(withoutOwnFields(readReplay[format](seen.body))).toEqual(expectedReplay(player, speaker))
}

/** What was sent before is sent again to the letter, or the provider's prompt cache would be of no use. */
function expectSamePrefix(before: string, after: string): void {
  const [one, two] = [JSON.parse(before), JSON.parse(after)] as Record<string, unknown>[]
  const history = (body: Record<string, unknown> | undefined) => (body?.messages ?? body?.input) as unknown[]
  expect(history(two).slice(0, history(one).length)).toEqual(history(one))
  const { messages: _, input: __, ...rest } = one ?? {}
  expect(two).toMatchObject(rest)
}

/** Codex itself writes `content: null` into the items it sends back. */
function withoutOwnFields(replay: Replay): Replay {
  const reasoning = replay.reasoning.map((item) => {
    const { content, ...rest } = item as { content?: unknown }
    return content === null ? rest : item
  })
  return { ...replay, reasoning }
}

/** What the agent reads: text, why it ended, usage; and in the header what could not be sent. */
function checkAnswers({ client }: Player, speaker: Speaker, one: Turn, two: Turn): void {
  const read = ({ reply }: Turn) => readStream[client](readWritten(reply.text).frames)
  const answers = { text: preface, finish: finishWords.tools[client], usage: visible(firstCounts, client) }
  expect(read(one)).toMatchObject(answers)
  expect(read(two)).toMatchObject({
    text: ending,
    finish: finishWords.natural[client],
    usage: visible(secondCounts, client),
  })
  const losses = (two.reply.header('x-sluice-losses') ?? '').split(',')
  expect(losses.includes('foreign-reasoning')).toBe(speaker === 'C' && client !== 'C')
}

async function checkRecords({ client, calls }: Player, speaker: Speaker, one: Turn, two: Turn): Promise<void> {
  const { format } = speakers[speaker]
  const shared = { mode: client === format ? 'relay' : 'convert', status: 'success', usageSource: 'provider' }
  const [first, second] = [await readRecord(one.reply.requestId), await readRecord(two.reply.requestId)]
  expect(first).toMatchObject({ ...shared, ...recorded(firstCounts), toolCalls: calls[speaker].length })
  expect(second).toMatchObject({ ...shared, ...recorded(secondCounts), toolCalls: 0 })
}

function recorded({ input, cacheRead, output, reasoning }: Counts): object {
  return { inputTokens: input, cacheReadTokens: cacheRead, outputTokens: output, reasoningTokens: reasoning }
}
