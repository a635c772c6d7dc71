import type { UsageKind } from '../metrics/usage-kind.ts'
import { type AggregateRow, readAggregates } from './aggregates.ts'
import { jsonAnswer, type Question, type UsageAnswer } from './answer.ts'
import type { UsageDeps } from './deps.ts'
import { type Dimension, Grouping } from './grouping.ts'
import { bucketsOf, type Page, pageParameters, readPage, type Widths } from './organization-page.ts'
import { costResult, costSums, ofKind, usageResults, usageSums } from './organization-results.ts'
import { Parameters } from './parameters.ts'
import { dayMs, floorTo, hourMs } from './period.ts'
import { chosenKeys, isWanted } from './selection.ts'

/**
 * OpenAI's organization usage and costs, for the tools that read them.
 * https://developers.openai.com/api/reference/resources/admin/subresources/organization/subresources/usage
 * Times are Unix seconds. There are no projects, users, batches or tiers here: grouping by one gives null, and a filter by
 * one is refused, since it could only be ignored.
 */

const usageWidths: Widths = {
  '1d': { ms: dayMs, byDefault: 7, max: 31 },
  '1h': { ms: hourMs, byDefault: 24, max: 168 },
}
const costWidths: Widths = { '1d': { ms: dayMs, byDefault: 7, max: 180 } }

/** What OpenAI groups by, and which of our dimensions that is; null: we have none. */
const usageGroups: Readonly<Record<string, Dimension | null>> = {
  model: 'model',
  api_key_id: 'key',
  project_id: null,
  user_id: null,
  batch: null,
  service_tier: null,
  api_source: null,
  size: null,
  source: null,
}
const costGroups: Readonly<Record<string, Dimension | null>> = {
  line_item: 'model',
  api_key_id: 'key',
  project_id: null,
  user_id: null,
  api_source: null,
}

/** `GET /v1/organization/usage/<kind>` */
export async function answerOrganizationUsage(
  kind: UsageKind,
  { query }: Question,
  deps: UsageDeps,
): Promise<UsageAnswer> {
  const parameters = new Parameters(query, [...pageParameters, 'models', 'batch'])
  const page = readPage(parameters, usageWidths, deps.now())
  const grouping = await group(parameters, page, usageGroups, deps, {
    only: usageSums[kind],
    select: (row) => ofKind(row, kind),
  })
  const batch = parameters.oneOf('batch', ['true', 'false'])
  return jsonAnswer(
    bucketsOf(page, (slot) =>
      batch === 'true' ? [] : grouping.at(slot).map(({ name, sums }) => usageResults[kind](sums, name)),
    ),
  )
}

/** `GET /v1/organization/costs`; a line item is a model. */
export async function answerCosts({ query }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  const parameters = new Parameters(query, [...pageParameters, 'line_items'])
  const page = readPage(parameters, costWidths, deps.now())
  const grouping = await group(parameters, page, costGroups, deps, { only: costSums, select: (row) => row })
  return jsonAnswer(bucketsOf(page, (slot) => grouping.at(slot).map(({ name, sums }) => costResult(sums, name))))
}

async function group(
  parameters: Parameters,
  { period, widthMs }: Page,
  groups: Readonly<Record<string, Dimension | null>>,
  deps: UsageDeps,
  { only, select }: { only: readonly string[]; select(row: AggregateRow): AggregateRow | undefined },
): Promise<Grouping> {
  const grouping = new Grouping(readGroups(parameters, groups), (at) => floorTo(widthMs, at))
  const keys = (await chosenKeys(parameters.list('api_key_ids'), deps, 'api_key_ids')).map(({ id }) => id)
  const models = parameters.list('models') ?? parameters.list('line_items')
  const resolution = widthMs === dayMs ? 'day' : 'hour'
  const { usageShards: shards, finishedDays } = deps
  const question = { keys, period, resolution, shards, only, finishedDays } as const
  await readAggregates(deps.table, question, (row) => {
    const selected = isWanted(row, { ...(models && { models }) }) ? select(row) : undefined
    if (selected) grouping.add(selected)
  })
  return grouping
}

function readGroups(parameters: Parameters, groups: Readonly<Record<string, Dimension | null>>): Dimension[] {
  const names = parameters.listOf('group_by', Object.keys(groups))
  return [...new Set(names.flatMap((name) => groups[name] ?? []))]
}
