import { calcPrice } from '@pydantic/genai-prices'
import { type Answer, type Json, saidBy, splitEvents, type Usage, type WireFormat } from '../independent-reader.ts'
import { count, list, object, text } from '../reader/events.ts'

// The price table is the gateway's own; what is read from the answer and what is multiplied with what is not.

/** What an answer says about its price, beside its tokens. */
export interface Bill {
  /** As served; '' if the answer does not say. */
  model: string
  /** Who sells that model, by the price table; undefined if it does not know the model. */
  provider: string | undefined
  /** Whole micro-dollars; null where nobody can tell. */
  micros: number | null
}

/** What an answer of these events cost, read without the gateway's code. */
export function readBill(format: WireFormat, body: string, { usage }: Answer): Bill {
  const values = splitEvents(body).flatMap((event) => {
    const said = saidBy(event)
    return said.kind === 'json' ? [said.value] : []
  })
  const heads = values.map(headOf[format])
  const model = heads.map((head) => text(head.model)).find((name) => name !== '') ?? ''
  const known = model === '' ? null : (calcPrice({}, model) ?? calcPrice({}, undated(model)))
  const provider = known?.provider.id
  const wires = heads.map((head) => object(head.usage))
  const reported = wires.map(reportedDollars).findLast((cost) => cost !== undefined)
  if (reported !== undefined) return { model, provider, micros: Math.round(reported * 1e6) }
  if (!usage || !known) return { model, provider, micros: null }
  const longWrites = Math.max(0, ...wires.map((wire) => count(object(wire.cache_creation).ephemeral_1h_input_tokens)))
  const iterations = wires.map((wire) => list(wire.iterations)).findLast((each) => each.length > 0)
  const parts = iterations?.map((each) => ofIteration(object(each), model)) ?? [{ model, usage, longWrites }]
  const prices = parts.map((part) => dollars(part, provider))
  const searches = Math.max(0, ...heads.map(searchesIn))
  const { web_searches_kcount: perThousand } = known.model_price
  const tools = searches === 0 ? 0 : typeof perThousand === 'number' ? (searches / 1000) * perThousand : null
  const all = [...prices, tools]
  if (all.includes(null)) return { model, provider, micros: null }
  const sum = all.reduce<number>((total, each) => total + (each ?? 0), 0)
  return { model, provider, micros: Math.round(Number((sum * 1e6).toFixed(6))) }
}

/** Where a format's events name the model and the usage. */
const headOf: Record<WireFormat, (event: Json) => Json> = {
  'openai-chat': (chunk) => chunk,
  'openai-responses': ({ response }) => object(response),
  'anthropic-messages': (event) => (event.message ? object(event.message) : event),
}

/** Messages counts its searches; Responses may, and else has an item for each use of the tool. */
function searchesIn({ usage, tool_usage, output }: Json): number {
  const counted = object(object(usage).server_tool_use).web_search_requests
  const requests = object(object(tool_usage).web_search).num_requests ?? counted
  if (typeof requests === 'number') return requests
  // A page that was opened or looked through is no search, and costs nothing.
  const pages = ['open_page', 'find_in_page']
  return list(output)
    .map(object)
    .filter(({ type, action }) => type === 'web_search_call' && !pages.includes(String(object(action).type))).length
}

/** OpenRouter's dollars, Perplexity's, and xAI's ten-billionths of one. */
function reportedDollars(usage: Json): number | undefined {
  if (typeof usage.cost === 'number') return usage.cost
  const total = object(usage.cost).total_cost
  if (typeof total === 'number') return total
  return typeof usage.cost_in_usd_ticks === 'number' ? usage.cost_in_usd_ticks / 1e10 : undefined
}

interface Part {
  model: string
  usage: Usage
  /** Of `cacheWrite`, for an hour. */
  longWrites: number
}

/** Messages' `usage.iterations`: https://platform.claude.com/docs/en/build-with-claude/compaction */
function ofIteration(wire: Json, model: string): Part {
  const usage = {
    input: count(wire.input_tokens),
    cacheRead: count(wire.cache_read_input_tokens),
    cacheWrite: count(wire.cache_creation_input_tokens),
    output: count(wire.output_tokens),
    reasoning: 0,
  }
  const longWrites = count(object(wire.cache_creation).ephemeral_1h_input_tokens)
  return { model: text(wire.model) || model, usage, longWrites }
}

/** Undefined: no model of that name. Tokens without a price of their own cost what the ones they are part of do. */
function dollars({ model, usage, longWrites }: Part, providerId: string | undefined): number | null {
  const options = providerId === undefined ? {} : { providerId }
  const prices = (calcPrice({}, model, options) ?? calcPrice({}, undated(model), options))?.model_price
  if (!prices) return null
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite
  const perMillion = (price: unknown): number | undefined => {
    if (typeof price === 'number') return price
    const { base, tiers } = object(price)
    const reached = list(tiers).filter((tier) => prompt > count(object(tier).start))
    return typeof base === 'number' ? count(object(reached.at(-1) ?? { price: base }).price) : undefined
  }
  const input = perMillion(prices.input_mtok)
  const output = perMillion(prices.output_mtok)
  if (input === undefined || output === undefined) return null
  const written = perMillion(prices.cache_write_mtok) ?? input
  const counted =
    usage.input * input +
    usage.cacheRead * (perMillion(prices.cache_read_mtok) ?? input) +
    (usage.cacheWrite - longWrites) * written +
    longWrites * (perMillion(object(prices).cache_write_1h_mtok) ?? written) +
    usage.output * output
  return counted / 1e6
}

/** The name without the date of its snapshot. */
function undated(model: string): string {
  return model.replace(/[-@]\d{4}-?\d\d-?\d\d$/, '')
}
