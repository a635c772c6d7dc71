import { invalidRequest } from '../errors.ts'
import { fileAnswer, jsonAnswer, listFormats, type Question, type UsageAnswer } from './answer.ts'
import type { UsageDeps } from './deps.ts'
import { dimensions } from './grouping.ts'
import { knownKeys } from './known-keys.ts'
import { Parameters } from './parameters.ts'
import { dayMs, type Period } from './period.ts'
import { chosenKeys } from './selection.ts'
import { type SlotWidth, type SummedUsage, slotWidths, summarize, summarizeEach, summaryDimensions } from './summary.ts'
import { summaryRows } from './summary-rows.ts'

/** What usage is summed. */
const usageParameters = ['from', 'to', 'key', 'model', 'provider'] as const

/** Without `from`: the last seven days. */
const defaultDays = 7

/** Days a question may span: an hour is 24 times the items of a day, and all of them are read. */
const maxDays = { none: 3_660, day: 400, hour: 8 } as const satisfies Record<SlotWidth, number>

/** `GET /v1/usage/summary`: sums by time, key, provider, model or status. */
export async function answerSummary({ query }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  const parameters = new Parameters(query, [...usageParameters, 'bucket', 'group_by', 'format'])
  const width = parameters.oneOf('bucket', slotWidths) ?? 'none'
  const groupBy = [...new Set(parameters.listOf('group_by', summaryDimensions))]
  const format = parameters.oneOf('format', listFormats) ?? 'json'
  const summary = await summarize(deps.table, { ...(await readUsage(parameters, width, deps)), width, groupBy })
  return format === 'json' ? jsonAnswer(summary) : fileAnswer(format, summaryRows(summary), 'usage')
}

/**
 * `GET /v1/usage/overview`: the summaries that the page shows, for one reading of the table: by time, by time and what the
 * parameter `by` says, and of the whole period by model and by key.
 */
export async function answerOverview({ query }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  const parameters = new Parameters(query, [...usageParameters, 'bucket', 'by'])
  const width = parameters.oneOf('bucket', overviewWidths) ?? 'day'
  const by = parameters.oneOf('by', dimensions) ?? 'model'
  const summaries = await summarizeEach(deps.table, await readUsage(parameters, width, deps), {
    slots: { width, groupBy: [] },
    stacked: { width, groupBy: [by] },
    models: { width: 'none', groupBy: ['provider', 'model'] },
    keys: { width: 'none', groupBy: ['key'] },
  })
  return jsonAnswer({ object: 'usage.overview', ...summaries })
}

const overviewWidths = ['day', 'hour'] as const satisfies readonly SlotWidth[]

async function readUsage(parameters: Parameters, width: SlotWidth, deps: UsageDeps): Promise<SummedUsage> {
  const [models, providers] = [parameters.list('model'), parameters.list('provider')]
  return {
    period: readPeriod(parameters, width, deps.now()),
    keys: await chosenKeys(parameters.list('key'), deps),
    ...(models && { models }),
    ...(providers && { providers }),
    shards: deps.usageShards,
    finishedDays: deps.finishedDays,
  }
}

/** `GET /v1/usage/keys`: whose usage there is. */
export async function answerKeys({ query }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  new Parameters(query, [])
  return jsonAnswer({ object: 'list', data: await knownKeys(deps.table, await deps.currentKeys()) })
}

function readPeriod(parameters: Parameters, width: SlotWidth, now: number): Period {
  const to = parameters.time('to', now) ?? now
  const from = parameters.time('from', now) ?? to - defaultDays * dayMs
  if (from >= to) throw invalidRequest('from is not before to.', 'from')
  if (to - from > maxDays[width] * dayMs) {
    throw invalidRequest(`With bucket=${width} a question spans ${maxDays[width]} days at most.`, 'from')
  }
  return { from, to }
}
