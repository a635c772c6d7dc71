import { promptTokens, type Usage } from '../events/usage.ts'

/** Counts under the price table's names; its buckets contain one another, where ours are disjoint. */
export type Units = Record<string, number>

/** Server tools: the table's count and price. What is missing here is free (Anthropic's web fetch) or billed by time. */
const toolUnits: Readonly<Record<string, string>> = { webSearch: 'web_searches', codeExecution: 'code_executions' }

/** A usage in the words of the price table. Server tools are left to `toolUnitsOf`, as iterations do not split them. */
export function tokenUnitsOf(usage: Usage): Units {
  const input = promptTokens(usage)
  const cacheRead = usage.cacheRead ?? 0
  const cacheWrite = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
  // A media token that was read from the cache is counted twice, once as either; where nobody says so, the fewest.
  const overlap = (media = 0) => Math.max(0, media + cacheRead + cacheWrite - input)
  const units: Units = {
    input_tokens: input,
    output_tokens: usage.output ?? 0,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite,
    cache_write_1h_tokens: usage.cacheWrite1h ?? 0,
    output_reasoning_tokens: usage.reasoning ?? 0,
  }
  if (usage.audioInput) {
    units.input_audio_tokens = usage.audioInput
    units.cache_audio_read_tokens = overlap(usage.audioInput)
  }
  if (usage.imageInput) {
    units.input_image_tokens = usage.imageInput
    units.cache_image_read_tokens = overlap(usage.imageInput)
  }
  if (usage.audioOutput) units.output_audio_tokens = usage.audioOutput
  if (usage.imageOutput) units.output_image_tokens = usage.imageOutput
  if (usage.characters) units.input_characters = usage.characters
  if (usage.seconds) {
    units.audio_seconds = usage.seconds
    units.input_audio_seconds = usage.seconds
  }
  return units
}

export function toolUnitsOf(usage: Usage): Units {
  const entries = Object.entries(toolUnits).flatMap(([name, unit]) => {
    const count = usage.serverTools?.[name] ?? 0
    return count > 0 ? [[unit, count] as const] : []
  })
  return Object.fromEntries(entries)
}

/** Did anybody count anything? Names of tiers and costs are no counts. */
export function countsAnything(usage: Usage): boolean {
  const { cost: _cost, serverTools, ...rest } = usage
  const counts = [...Object.values(rest), ...Object.values(serverTools ?? {})]
  return counts.some((count) => typeof count === 'number')
}

/** Prices that make a count known; `requests_kcount` is the price of a request with its searches in it. */
const coveredBy = {
  input_tokens: ['input_mtok', 'input_text_mtok'],
  output_tokens: ['output_mtok', 'output_text_mtok'],
  web_searches: ['web_searches_kcount', 'requests_kcount'],
} as const

/** Counts by another measure than tokens: a model is priced by one of them. */
const otherMeasures = { input_characters: 'input_mchars', audio_seconds: 'audio_hours' } as const

/**
 * Is there a price for all that was counted? The table itself prices what it has no unit for at nothing, and a cost
 * that leaves something out is no cost.
 */
export function isCovered(units: Units, prices: Readonly<Record<string, unknown>>): boolean {
  const isPriced = (key: string) => prices[key] !== undefined
  const tokensPriced = Object.entries(coveredBy).every(([unit, keys]) => !units[unit] || keys.some(isPriced))
  if (!tokensPriced) return false
  const others = Object.entries(otherMeasures).filter(([unit]) => units[unit])
  const countedTokens = Boolean(units.input_tokens || units.output_tokens)
  return countedTokens || others.length === 0 || others.some(([, key]) => isPriced(key))
}
