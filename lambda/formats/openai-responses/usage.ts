import { asNumber, asObject, asString } from '../../events/json.ts'
import { cacheWriteTokens, promptTokens, type Usage } from '../../events/usage.ts'

/** xAI reports what it billed in ticks (https://docs.x.ai/developers/cost-tracking). */
const ticksPerDollar = 1e10

/**
 * `response.usage` in disjoint buckets. OpenAI's `input_tokens` holds both what was read from and what was written to
 * the cache. Returns undefined if the response carries no usage.
 */
export function readUsage(response: Record<string, unknown>): Usage | undefined {
  const wire = asObject(response.usage)
  if (!wire) return undefined
  const details = asObject(wire.input_tokens_details)
  const writes = asObject(details?.cache_write_tokens_details)
  const total = asNumber(wire.input_tokens)
  const cacheRead = asNumber(details?.cached_tokens)
  const written = asNumber(details?.cache_write_tokens)
  const written1h = asNumber(writes?.ttl_12h_tokens)
  const rest = total === undefined ? undefined : total - (cacheRead ?? 0) - (written ?? 0)
  const ticks = asNumber(wire.cost_in_usd_ticks)
  return defined({
    input: rest === undefined ? undefined : Math.max(0, rest),
    // More cached than read: no price can be right.
    inconsistent: rest !== undefined && rest < 0 ? true : undefined,
    cacheRead,
    cacheWrite5m: written === undefined ? undefined : Math.max(0, written - (written1h ?? 0)),
    cacheWrite1h: written1h,
    ...readOutput(wire, total),
    serverTools: readServerTools(response),
    serviceTier: typeof response.service_tier === 'string' ? response.service_tier : undefined,
    cost: asNumber(wire.cost) ?? (ticks === undefined ? undefined : ticks / ticksPerDollar),
  })
}

/** Reasoning is part of the output, but for providers whose own total says that it stands beside it. */
function readOutput(wire: Record<string, unknown>, input: number | undefined): Pick<Usage, 'output' | 'reasoning'> {
  const output = asNumber(wire.output_tokens)
  const reasoning = asNumber(asObject(wire.output_tokens_details)?.reasoning_tokens)
  if (output === undefined || reasoning === undefined) return { output, reasoning }
  const isBeside = asNumber(wire.total_tokens) === (input ?? 0) + output + reasoning
  return { output: isBeside ? output + reasoning : output, reasoning }
}

function readServerTools(response: Record<string, unknown>): Usage['serverTools'] {
  const reported = asNumber(asObject(asObject(response.tool_usage)?.web_search)?.num_requests)
  const webSearch = reported ?? countWebSearches(response.output)
  return webSearch > 0 ? { webSearch } : undefined
}

/**
 * Only searching is billed, not opening or searching a page that was found. A call that does not say what it did counts.
 * https://developers.openai.com/api/docs/guides/tools-web-search: "Search actions incur a tool call cost"
 */
function countWebSearches(output: unknown): number {
  if (!Array.isArray(output)) return 0
  return output.filter((item) => {
    const { type, action } = asObject(item) ?? {}
    return type === 'web_search_call' && (asString(asObject(action)?.type) ?? 'search') === 'search'
  }).length
}

function defined(usage: { [Key in keyof Usage]: Usage[Key] | undefined }): Usage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined))
}

/** The `usage` member. Unknown counts are 0, since R has no word for unknown. */
export function writeUsage(usage: Usage): Record<string, unknown> {
  const input = promptTokens(usage)
  const output = usage.output ?? 0
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: cacheWriteTokens(usage) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  }
}
