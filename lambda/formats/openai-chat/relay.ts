import { asArray, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import { Mould } from '../../framing/mould.ts'
import type { Frame } from '../../framing/sse.ts'

const textKeys: ReadonlySet<string> = new Set(['content', 'reasoning_content', 'reasoning'])

/**
 * Is this a chunk of one choice whose delta is one piece of text, with nothing else that matters? The first such chunk is
 * parsed; the others are compared with it, all but their text and OpenAI's padding.
 */
export function isRoutine(frame: Frame, mould = new Mould()): boolean {
  const data = frame.undecoded ?? (frame.event === '' ? frame.data : '')
  return mould.fits(data, textOnly)
}

/** The text of a chunk that has nothing else, and its padding; undefined for any other chunk. */
function textOnly({ choices, usage, error, obfuscation }: JsonObject): string[] | undefined {
  const [choice, ...others] = asArray(choices) ?? []
  const { delta, finish_reason, logprobs } = asObject(choice) ?? {}
  const [entry, ...more] = Object.entries(asObject(delta) ?? {})
  const says = [error, usage, finish_reason, logprobs].some((member) => member !== undefined && member !== null)
  if (!entry || says || others.length > 0 || more.length > 0) return undefined
  const [key, value] = entry
  const text = asString(value)
  // An empty text may be the role's chunk.
  if (!textKeys.has(key) || !text) return undefined
  return typeof obfuscation === 'string' ? [text, obfuscation] : [text]
}
