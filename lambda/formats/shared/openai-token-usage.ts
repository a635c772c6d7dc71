import { asNumber, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Usage } from '../../events/usage.ts'

/**
 * OpenAI's token counts of speech, transcription and images:
 * `{input_tokens, input_token(s)_details: {text_tokens, audio_tokens, image_tokens, cached_tokens}, output_tokens,
 * output_tokens_details, total_tokens}` → disjoint buckets. What is not counted stays absent.
 */
export function readTokenUsage(wire: JsonObject): Usage {
  const input = asObject(wire.input_tokens_details) ?? asObject(wire.input_token_details)
  const output = asObject(wire.output_tokens_details) ?? asObject(wire.output_token_details)
  const cacheRead = asNumber(input?.cached_tokens)
  const total = asNumber(wire.input_tokens)
  const usage: Usage = {
    input: total === undefined ? undefined : Math.max(0, total - (cacheRead ?? 0)),
    cacheRead,
    output: asNumber(wire.output_tokens),
    reasoning: asNumber(output?.reasoning_tokens),
    audioInput: asNumber(input?.audio_tokens),
    audioOutput: asNumber(output?.audio_tokens),
    imageInput: asNumber(input?.image_tokens),
    imageOutput: asNumber(output?.image_tokens),
  }
  if (total !== undefined && total < (cacheRead ?? 0)) usage.inconsistent = true
  for (const key of Object.keys(usage) as (keyof Usage)[]) if (usage[key] === undefined) delete usage[key]
  return usage
}
