import { setTimeout } from 'node:timers/promises'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { knownKeys } from '../../lambda/usage/known-keys.ts'
import { latestRequests } from '../../lambda/usage/latest.ts'
import { knownTokensIn } from '../../lambda/usage/token-counts.ts'
import type { UsageArguments, UsageCommand } from './usage-command.ts'
import { count, dollars, duration } from './usage-figures.ts'
import { printable } from './usage-report-table.ts'
import { findKeys, listOf, type UsageSource, withSource } from './usage-source.ts'

/** Between two looks; each is one query a key, and one for the keys. */
const intervalMs = 1_000
/** A record is written when its request ends, under the time it came: the longest request takes 15 minutes. */
const lookBackMs = 16 * 60_000
/** Requests of one look; beyond it the oldest are left out. */
const maxRequests = 500
/** Shown at the start. */
const firstShown = 10

/** `npm run usage -- tail`: a line for each request as it ends, until Ctrl-C. */
export const tail: UsageCommand = {
  form: '[--key <id or name>] [--model <model>] [--json]',
  summary: 'follows the requests; the last ten first',
  options: {
    key: { type: 'string', multiple: true },
    model: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(args, env) {
    const ended = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
    return withSource(args, env, async (source) => {
      await follow(source, args.values, ended.signal)
      return 0
    })
  },
}

async function follow(source: UsageSource, values: UsageArguments['values'], signal: AbortSignal): Promise<void> {
  const wanted = listOf(values.key)
  const chosen = findKeys(wanted, source.keys)
  const write = values.json ? (record: UsageRecord) => JSON.stringify(record) : lineWriter(chosen)
  const model = typeof values.model === 'string' ? { model: values.model } : {}
  let shown = new Set<string>()
  for (let look = 0; !signal.aborted; look++) {
    const now = Date.now()
    // The first look goes back for something to show; from then on only what may still end is looked at.
    const period = { from: look === 0 ? now - 86_400_000 : now - lookBackMs, to: now + lookBackMs }
    // A key that is first used while somebody looks on is one of all keys, too.
    const named = source.keys.map(({ id, name }) => ({ id, name: name ?? id }))
    const keys = (wanted.length > 0 ? chosen : await knownKeys(source.reader, named)).map(({ id }) => id)
    const filter = { keys, shards: source.table.settings.usageShards, period, ...model }
    const { records } = await latestRequests(source.reader, filter, maxRequests)
    const fresh = records.filter(({ requestId }) => !shown.has(requestId)).reverse()
    for (const record of look === 0 ? fresh.slice(-firstShown) : fresh) process.stdout.write(`${write(record)}\n`)
    shown = new Set(records.map(({ requestId }) => requestId))
    await setTimeout(intervalMs, undefined, { signal }).catch(() => undefined) // Ctrl-C ends the wait
  }
}

function lineWriter(keys: UsageSource['keys']): (record: UsageRecord) => string {
  const names = new Map(keys.map(({ id, name }) => [id, name ?? id]))
  return (record) => {
    const { startedAt, status, httpStatus, keyId, provider, model, errorCode } = record
    const cells = [
      `${startedAt.slice(11, 19)}Z`,
      `${httpStatus} ${status}`.padEnd(14),
      (names.get(keyId) ?? keyId).padEnd(12),
      `${provider ?? '-'} ${model ?? '-'}`.padEnd(32),
      `${tokens(knownTokensIn(record))} in`.padStart(12),
      `${tokens(record.outputTokens)} out`.padStart(12),
      dollars(record.costUsdMicros).padStart(10),
      `ttft ${duration(record.ttftMs)}`.padEnd(13),
      duration(record.durationMs).padStart(8),
      record.requestId,
      ...(errorCode ? [errorCode] : []),
    ]
    return printable(cells.join('  '))
  }
}

function tokens(value: number | null): string {
  return value === null ? '-' : count(value)
}
