import { asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Usage } from '../../events/usage.ts'

/** xAI counts cost in ten-billionths of a dollar (recorded: 1,721,250 for 0.000172125 USD at list prices). */
const ticksPerDollar = 1e10

/** A chunk's usage object, wherever the provider puts it: OpenAI, Groq (`x_groq`), Moonshot (on the choice). */
export function usageObject(chunk: JsonObject): JsonObject | undefined {
  const choices = chunk.choices
  return (
    asObject(chunk.usage) ??
    asObject(asObject(chunk.x_groq)?.usage) ??
    (Array.isArray(choices) ? asObject(asObject(choices[0])?.usage) : undefined)
  )
}

/**
 * OpenAI's counts → disjoint buckets: what was read from and written to the cache is inside `prompt_tokens`.
 * Counts that contradict each other are clamped to 0 and marked.
 */
export function readUsage(wire: JsonObject): Usage {
  const prompt = asObject(wire.prompt_tokens_details)
  const completion = asObject(wire.completion_tokens_details)
  const read = asNumber(prompt?.cached_tokens) ?? asNumber(wire.prompt_cache_hit_tokens) ?? asNumber(wire.cached_tokens)
  const written = asNumber(prompt?.cache_write_tokens)
  const total = asNumber(wire.prompt_tokens)
  const input = total === undefined ? undefined : total - (read ?? 0) - (written ?? 0)
  const usage: Usage = {
    input: input === undefined ? undefined : Math.max(0, input),
    cacheRead: read,
    cacheWrite5m: written,
    output: readOutput(wire),
    reasoning: readReasoning(wire),
    audioInput: asNumber(prompt?.audio_tokens),
    audioOutput: asNumber(completion?.audio_tokens),
    imageInput: asNumber(prompt?.image_tokens),
    imageOutput: asNumber(completion?.image_tokens),
    cost: readCost(wire),
  }
  for (const key of Object.keys(usage) as (keyof Usage)[]) if (usage[key] === undefined) delete usage[key]
  if (input !== undefined && input < 0) usage.inconsistent = true
  const searches = asNumber(wire.num_search_queries)
  if (searches) usage.serverTools = { webSearch: searches }
  return usage
}

function readReasoning(wire: JsonObject): number | undefined {
  return asNumber(asObject(wire.completion_tokens_details)?.reasoning_tokens) ?? asNumber(wire.reasoning_tokens)
}

/** xAI leaves reasoning out of `completion_tokens`; the total tells. */
function readOutput(wire: JsonObject): number | undefined {
  const output = asNumber(wire.completion_tokens)
  const reasoning = readReasoning(wire)
  if (output === undefined || !reasoning) return output
  const isOutside = asNumber(wire.total_tokens) === (asNumber(wire.prompt_tokens) ?? 0) + output + reasoning
  return isOutside ? output + reasoning : output
}

/** US dollars: OpenRouter `cost`, Perplexity `cost.total_cost`, xAI ticks. */
function readCost(wire: JsonObject): number | undefined {
  const ticks = asNumber(wire.cost_in_usd_ticks)
  return asNumber(wire.cost) ?? asNumber(asObject(wire.cost)?.total_cost) ?? (ticks && ticks / ticksPerDollar)
}

export function readServiceTier(chunk: JsonObject): string | undefined {
  return asString(chunk.service_tier) || undefined
}
