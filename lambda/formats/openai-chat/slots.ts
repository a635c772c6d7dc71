import { asArray, asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Slot } from '../../framing/mould.ts'

const textKeys = ['content', 'reasoning_content', 'reasoning']
/** Keys of a delta that say nothing an observer counts. */
const routineKeys: ReadonlySet<string> = new Set([...textKeys, 'role'])

/** Of a chunk of one choice that brings text and nothing else that matters: the text, and OpenAI's padding. */
export function textSlots(chunk: JsonObject): Slot[] | undefined {
  const choice = onlyChoice(chunk)
  const delta = asObject(choice?.delta)
  if (!choice || !delta) return undefined
  const others = Object.keys(delta).filter((key) => !routineKeys.has(key))
  const members = [chunk.error, chunk.usage, choice.finish_reason, choice.logprobs, ...others.map((key) => delta[key])]
  if (members.some((member) => member !== undefined && member !== null && member !== '')) return undefined
  return withPadding(chunk, textOf(delta))
}

/** Of a chunk of one choice that brings text or arguments of one call, whatever else it says: those, and the padding. */
export function contentSlots(chunk: JsonObject): Slot[] | undefined {
  const delta = asObject(onlyChoice(chunk)?.delta)
  return delta && withPadding(chunk, [...textOf(delta), ...argumentsOf(delta)])
}

function onlyChoice({ choices }: JsonObject): JsonObject | undefined {
  const [choice, ...others] = asArray(choices) ?? []
  return others.length === 0 ? asObject(choice) : undefined
}

function textOf(delta: JsonObject): Slot[] {
  return textKeys.map((key) => ({ holder: delta, key })).filter(isFilled)
}

function argumentsOf(delta: JsonObject): Slot[] {
  const [call, ...others] = asArray(delta.tool_calls) ?? []
  const holder = asObject(asObject(call)?.function)
  return holder && others.length === 0 ? [{ holder, key: 'arguments' }].filter(isFilled) : []
}

function withPadding(chunk: JsonObject, content: Slot[]): Slot[] | undefined {
  // Without content it may be the role's chunk.
  return content.length === 0 ? undefined : [...content, { holder: chunk, key: 'obfuscation' }].filter(isFilled)
}

function isFilled({ holder, key }: Slot): boolean {
  return typeof holder[key] === 'string' && holder[key] !== ''
}
