import type OpenAI from 'openai'
import type { Sums } from '../metrics/aggregate.ts'
import { none } from '../metrics/counted-model.ts'
import { tokenCounts, type UsageKind, usageKinds } from '../metrics/usage-kind.ts'
import type { AggregateRow } from './aggregates.ts'
import type { GroupName } from './grouping.ts'

type Bucket = OpenAI.Admin.Organization.Usage.UsageCompletionsResponse.Data
type ResultOf<Name extends string> = Extract<Bucket['results'][number], { object: Name }>

const countedKinds = [...usageKinds, tokenCounts]
const kindSums = ['requests', ...countedKinds.map((kind) => `kind_${kind}`)]
const promptSums = ['inputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'cacheWrite1hTokens']

/** The sums that the results of a kind are made of: what is not asked for need not be read. */
export const usageSums = {
  completions: [
    ...kindSums,
    ...promptSums,
    'outputTokens',
    'audioInputTokens',
    'audioOutputTokens',
    'imageInputTokens',
    'imageOutputTokens',
  ],
  embeddings: [...kindSums, ...promptSums],
  images: [...kindSums, 'images'],
  audio_speeches: [...kindSums, 'characters'],
  audio_transcriptions: [...kindSums, 'soundMs'],
} as const satisfies Record<UsageKind, readonly string[]>

export const costSums: readonly string[] = ['requests', 'unpriced', 'costUsdMicros']

/** What is left of sums for a kind of endpoint; undefined: no such request went to a model. */
export function ofKind(row: AggregateRow, kind: UsageKind): AggregateRow | undefined {
  const requests = row.model === none ? 0 : requestsOf(row.sums, kind)
  if (requests === 0) return undefined
  // A model that serves several kinds in one hour or day is rare; its tokens count where most of its requests do.
  const main = usageKinds.reduce((best, each) =>
    requestsOf(row.sums, each) > requestsOf(row.sums, best) ? each : best,
  )
  if (main !== kind) return { ...row, sums: new Map([['requests', requests]]) }
  return requests === row.sums.get('requests') ? row : { ...row, sums: new Map(row.sums).set('requests', requests) }
}

function requestsOf(sums: AggregateRow['sums'], kind: UsageKind): number {
  if (kind !== 'completions') return sums.get(`kind_${kind}`) ?? 0
  const others = countedKinds.reduce((sum, each) => sum + (sums.get(`kind_${each}`) ?? 0), 0)
  return (sums.get('requests') ?? 0) - others
}

/** On every result. */
function common(sums: Sums, { key, model }: GroupName) {
  return {
    num_model_requests: sums.requests ?? 0,
    project_id: null,
    user_id: null,
    api_key_id: key ?? null,
    model: model ?? null,
  }
}

/** OpenAI's result of a kind: its prompt count has the cached tokens in it, and sub-counts are parts of it. */
export const usageResults = {
  completions: (sums, name) => ({
    object: 'organization.usage.completions.result',
    ...completionTokens((field) => sums[field] ?? 0),
    ...common(sums, name),
    batch: null,
    service_tier: null,
  }),
  embeddings: (sums, name) => ({
    object: 'organization.usage.embeddings.result',
    input_tokens: promptTokens((field) => sums[field] ?? 0),
    ...common(sums, name),
  }),
  images: (sums, name) => ({
    object: 'organization.usage.images.result',
    images: sums.images ?? 0,
    ...common(sums, name),
    size: null,
    source: null,
  }),
  audio_speeches: (sums, name) => ({
    object: 'organization.usage.audio_speeches.result',
    characters: sums.characters ?? 0,
    ...common(sums, name),
  }),
  audio_transcriptions: (sums, name) => ({
    object: 'organization.usage.audio_transcriptions.result',
    seconds: (sums.soundMs ?? 0) / 1000,
    ...common(sums, name),
  }),
} satisfies {
  [Kind in UsageKind]: (sums: Sums, name: GroupName) => ResultOf<`organization.usage.${Kind}.result`>
}

type Count = (field: string) => number

function promptTokens(of: Count): number {
  return of('inputTokens') + of('cacheReadTokens') + of('cacheWriteTokens') + of('cacheWrite1hTokens')
}

function completionTokens(of: Count) {
  return {
    input_tokens: promptTokens(of),
    input_cached_tokens: of('cacheReadTokens'),
    input_cache_write_tokens: of('cacheWriteTokens') + of('cacheWrite1hTokens'),
    input_uncached_tokens: of('inputTokens'),
    input_text_tokens: Math.max(0, of('inputTokens') - of('audioInputTokens') - of('imageInputTokens')),
    input_audio_tokens: of('audioInputTokens'),
    input_image_tokens: of('imageInputTokens'),
    output_tokens: of('outputTokens'),
    output_text_tokens: Math.max(0, of('outputTokens') - of('audioOutputTokens') - of('imageOutputTokens')),
    output_audio_tokens: of('audioOutputTokens'),
    output_image_tokens: of('imageOutputTokens'),
  }
}

/** Without an amount if no price is known: 0 would say that it was free. */
export function costResult(sums: Sums, { key, model }: GroupName): ResultOf<'organization.costs.result'> {
  const priced = (sums.requests ?? 0) > (sums.unpriced ?? 0)
  return {
    object: 'organization.costs.result',
    ...(priced && { amount: { value: (sums.costUsdMicros ?? 0) / 1_000_000, currency: 'usd' } }),
    line_item: model ?? null,
    project_id: null,
    user_id: null,
    api_key_id: key ?? null,
  }
}
