import { isDeepStrictEqual } from 'node:util'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import type { LocalGateway } from '../../../infra/local/gateway.ts'
import type { Format } from '../../support/upstream/format.ts'
import { type Replay, readReplay } from '../replay.ts'
import { ending, firstCounts, ownReasoning, preface, secondCounts } from '../turns.ts'
import { echoed, noteText, type Program } from './programs.ts'
import type { ScriptedProvider } from './provider.ts'

export interface Check {
  name: string
  /** What is wrong; undefined: nothing. */
  fault?: string
}

/** A program's run to its end. */
export interface Run {
  program: Program
  /** Of the upstream. */
  format: Format
  stdout: string
  stderr: string
  status: number | null
}

type Turns = ScriptedProvider['turns']

export async function checkRun(run: Run, turns: Turns, folder: string, gateway: LocalGateway): Promise<Check[]> {
  const body = turns.two[0]
  if (body === undefined) {
    const said = `${run.stdout}\n${run.stderr}`.slice(-1500)
    return [{ name: 'turn two came', fault: `turn one came ${turns.one.length} times; the agent: ${said}` }]
  }
  return [
    equal('requests of each turn', [turns.one.length, turns.two.length], [1, 1]),
    ...checkOutcome(run),
    ...checkReplay(run, readReplay[run.format](body), folder),
    ...(await checkRecords(run, gateway)),
  ]
}

function checkOutcome({ program, stdout, status }: Run): Check[] {
  const { text, failed, usage, stopReason } = program.readOutcome(stdout)
  const sums = {
    prompt: sum(({ input, cacheRead, cacheWrite }) => input + cacheRead + cacheWrite),
    input: sum(({ input }) => input),
    cacheRead: sum(({ cacheRead }) => cacheRead),
    output: sum(({ output }) => output),
    reasoning: sum(({ reasoning = 0 }) => reasoning),
  }
  return [
    equal('the agent ended well', [status, failed], [0, false]),
    equal('the agent says the ending', text, ending),
    equal('the agent counts both turns', pick(usage, program.expectedUsage(sums)), program.expectedUsage(sums)),
    ...(stopReason === undefined ? [] : [equal('the agent’s stop reason', stopReason, 'end_turn')]),
  ]
}

function sum(read: (counts: typeof firstCounts) => number): number {
  return read(firstCounts) + read(secondCounts)
}

function pick(value: unknown, like: object): object {
  const source = (value ?? {}) as Record<string, unknown>
  return Object.fromEntries(Object.keys(like).map((name) => [name, source[name]]))
}

/** Turn two at the provider: its own reasoning unchanged and first, then what was said, the calls, the results. */
function checkReplay({ format, program }: Run, replay: Replay, folder: string): Check[] {
  const own = format === 'C' ? [] : ownReasoning[format]
  const sent = program.choose(offeredAgain(replay), folder)
  const order = [...own.map(() => 'reasoning'), 'text', ...sent.map(() => 'call'), ...sent.map(() => 'result')]
  const results = sent.map((call) => replay.results.find(({ id }) => id === call.id)?.text ?? '')
  return [
    equal('own reasoning came back byte for byte', replay.reasoning.map(withoutOwnFields), own),
    equal('what was said before the calls', replay.text, preface),
    equal('ids, names and arguments of the calls', replay.calls, sent),
    equal('order of reasoning, text, calls, results', replay.order, order),
    // Claude Code sends results in the order in which its tools ended.
    equal(
      'one result under the id of each call',
      replay.results.map(({ id }) => id).sort(),
      sent.map(({ id }) => id).sort(),
    ),
    equal('the shell answered', results[0]?.includes(echoed), true),
    equal('the file was read', results[1]?.includes(noteText), true),
  ]
}

/** The tools that the replayed calls name; they must be those that were offered. */
function offeredAgain({ calls }: Replay): { name: string; namespace?: string; custom?: true }[] {
  return calls.map(({ name, namespace, custom }) => ({
    name,
    ...(namespace !== undefined && { namespace }),
    ...(custom && { custom }),
  }))
}

/** Codex itself writes `content: null` into the items it replays. */
function withoutOwnFields(item: object): object {
  const { content, ...rest } = item as { content?: unknown }
  return content === null ? rest : item
}

async function checkRecords({ format, program }: Run, gateway: LocalGateway): Promise<Check[]> {
  const records = await readRecords(gateway)
  const tokens = records.map((record) =>
    ['inputTokens', 'cacheReadTokens', 'outputTokens'].map((name) => Number(record[name]?.N ?? Number.NaN)),
  )
  const expected = [firstCounts, secondCounts].map(({ input, cacheRead, output }) => [input, cacheRead, output])
  const wanted = program.client === format ? 'relay' : 'convert'
  const losses = records.map(({ losses: list }) => list?.S ?? list?.L?.map(({ S }) => S).join(',') ?? '')
  return [
    equal('both records’ tokens', tokens.slice(-2), expected),
    equal(
      'both records’ mode and status',
      records.slice(-2).map(({ mode, status }) => [mode?.S, status?.S]),
      [
        [wanted, 'success'],
        [wanted, 'success'],
      ],
    ),
    { name: `losses: ${losses.slice(-2).join(' | ') || 'none'}` },
  ]
}

/** Records are written after the answer: waits for two, at most 5 s. */
async function readRecords({ dynamodbEndpoint = '', tableName = '' }: LocalGateway) {
  const client = new DynamoDBClient({
    endpoint: dynamodbEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const deadline = Date.now() + 5000
  for (;;) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `REQ#local#${new Date().toISOString().slice(0, 10)}` } },
      }),
    )
    const answered = Items.filter(({ httpStatus }) => httpStatus?.N === '200')
    if (answered.length >= 2 || Date.now() > deadline) return answered
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function equal(name: string, actual: unknown, expected: unknown): Check {
  if (isDeepStrictEqual(actual, expected)) return { name }
  return { name, fault: `\n        got  ${short(actual)}\n        not  ${short(expected)}` }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 1500 ? `${text.slice(0, 1500)}…` : text
}
