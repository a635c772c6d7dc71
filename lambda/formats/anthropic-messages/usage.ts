import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { cacheWriteTokens, type Usage } from '../../events/usage.ts'

/**
 * M `usage` of `message_start`, `message_delta` or a whole message → one canonical snapshot. Anthropic's arithmetic:
 * tokens read from and written to a cache are outside `input_tokens`, so the buckets are already disjoint.
 * `known` is what earlier snapshots of the same response said: a `message_delta` has no split of cache writes.
 */
export function readUsage(usage: JsonObject, known: Usage = {}): Usage {
  const read: Usage = {}
  set(read, 'input', usage.input_tokens)
  set(read, 'cacheRead', usage.cache_read_input_tokens)
  readCacheWrites(read, usage, known)
  set(read, 'output', usage.output_tokens)
  set(read, 'reasoning', asObject(usage.output_tokens_details)?.thinking_tokens)
  const serverTools = readServerTools(usage.server_tool_use)
  if (serverTools) read.serverTools = serverTools
  // Fast mode has prices of its own, whatever the tier.
  const tier = usage.speed === 'fast' ? 'fast' : asString(usage.service_tier)
  if (tier !== undefined) read.serviceTier = tier
  // OpenRouter's Messages endpoint tells what it billed, in US dollars.
  const cost = asNumber(usage.cost)
  if (cost !== undefined) read.cost = cost
  const iterations = asArray(usage.iterations)
  if (iterations) read.iterations = iterations.flatMap(readIteration)
  return read
}

function set(usage: Usage, key: 'input' | 'cacheRead' | 'output' | 'reasoning', value: unknown): void {
  const count = asNumber(value)
  if (count !== undefined) usage[key] = count
}

/** Without a split, growth above the known split goes to the 5-minute bucket, the provider's default lifetime. */
function readCacheWrites(read: Usage, usage: JsonObject, known: Usage): void {
  const split = asObject(usage.cache_creation)
  const short = asNumber(split?.ephemeral_5m_input_tokens)
  const long = asNumber(split?.ephemeral_1h_input_tokens)
  const total = asNumber(usage.cache_creation_input_tokens)
  if (short !== undefined || long !== undefined) {
    read.cacheWrite1h = long ?? 0
    read.cacheWrite5m = Math.max(short ?? 0, (total ?? 0) - read.cacheWrite1h)
  } else if (total !== undefined) {
    const knownLong = Math.min(known.cacheWrite1h ?? 0, total)
    if (known.cacheWrite1h) read.cacheWrite1h = knownLong
    read.cacheWrite5m = total - knownLong
  }
}

const serverToolNames = {
  web_search_requests: 'webSearch',
  web_fetch_requests: 'webFetch',
  code_execution_requests: 'codeExecution',
} as const

function readServerTools(value: unknown): Record<string, number> | undefined {
  const wire = asObject(value)
  if (!wire) return undefined
  const counts: Record<string, number> = {}
  for (const [key, name] of Object.entries(serverToolNames)) {
    const count = asNumber(wire[key])
    if (count !== undefined) counts[name] = count
  }
  return Object.keys(counts).length > 0 ? counts : undefined
}

function readIteration(value: unknown): Array<{ type: string; model?: string; usage: Usage }> {
  const wire = asObject(value)
  if (!wire) return []
  const model = asString(wire.model)
  return [{ type: asString(wire.type) ?? 'message', ...(model !== undefined && { model }), usage: readUsage(wire) }]
}

/** The tier that served: Anthropic's three words; OpenAI's `flex` and anything unknown count as standard. */
function writeServiceTier(tier: string | undefined): string {
  return tier === 'priority' || tier === 'batch' ? tier : 'standard'
}

/** `usage` of `message_start`; what is not known yet is 0. */
export function writeStartUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input ?? 0,
    cache_creation_input_tokens: cacheWriteTokens(usage),
    cache_read_input_tokens: usage.cacheRead ?? 0,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m ?? 0,
      ephemeral_1h_input_tokens: usage.cacheWrite1h ?? 0,
    },
    output_tokens: usage.output ?? 0,
    output_tokens_details: writeOutputDetails(usage),
    server_tool_use: writeServerTools(usage),
    service_tier: writeServiceTier(usage.serviceTier),
    speed: null,
    inference_geo: null,
  }
}

/** `usage` of `message_delta`: always all four counts, since clients let every non-null value overwrite. */
export function writeDeltaUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input ?? 0,
    cache_creation_input_tokens: cacheWriteTokens(usage),
    cache_read_input_tokens: usage.cacheRead ?? 0,
    output_tokens: usage.output ?? 0,
    output_tokens_details: writeOutputDetails(usage),
    server_tool_use: writeServerTools(usage),
  }
}

function writeOutputDetails(usage: Usage): JsonObject | null {
  return usage.reasoning === undefined ? null : { thinking_tokens: usage.reasoning }
}

function writeServerTools(usage: Usage): JsonObject | null {
  const { webSearch, webFetch } = usage.serverTools ?? {}
  if (webSearch === undefined && webFetch === undefined) return null
  return { web_search_requests: webSearch ?? 0, web_fetch_requests: webFetch ?? 0 }
}
