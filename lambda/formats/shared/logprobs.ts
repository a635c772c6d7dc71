import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { TokenLogprob } from '../../events/stream-event.ts'

/** Token probabilities in OpenAI's shape, or undefined for none. What is no such entry, or no such field, is left out. */
export function readLogprobs(value: unknown): TokenLogprob[] | undefined {
  const tokens = (asArray(value) ?? []).flatMap(readToken)
  return tokens.length > 0 ? tokens : undefined
}

function readToken(value: unknown): TokenLogprob[] {
  const wire = asObject(value)
  const token = asString(wire?.token)
  const logprob = asNumber(wire?.logprob)
  if (token === undefined || logprob === undefined) return []
  const { bytes, top_logprobs, ...rest } = wire ?? {}
  const numbers = asArray(bytes)?.filter((entry) => typeof entry === 'number')
  const others = asArray(top_logprobs)?.flatMap(readToken)
  return [{ ...rest, token, logprob, ...(numbers && { bytes: numbers }), ...(others && { top_logprobs: others }) }]
}
