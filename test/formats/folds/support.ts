import { readFileSync } from 'node:fs'
import { asArray, asObject, asString } from '../../../lambda/events/json.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Fold, FormatId } from '../../../lambda/formats/codec.ts'
import type { Frame } from '../../../lambda/framing/sse.ts'
import { codecs } from '../../support/codecs.ts'
import { fixtureNames, isFixture, upstreamOf } from '../../tools/fixtures.ts'
import { detectedFormat } from '../../tools/formats.ts'
import { framesOfText } from '../openai-endpoints/support.ts'

export interface Recorded {
  name: string
  format: FormatId
  frames: Frame[]
}

/** Every fixture's stream. */
export function recordedStreams(): Recorded[] {
  return fixtureNames()
    .filter(isFixture)
    .map((name) => {
      const text = readFileSync(upstreamOf(name), 'utf8')
      const frames = framesOfText(text).filter(({ data }) => data !== '')
      return { name, format: detectedFormat(upstreamOf(name), text), frames }
    })
}

export function folding(format: FormatId, frames: readonly Frame[]): Fold {
  const fold = codecs[format].createFold()
  for (const frame of frames) fold.push(frame)
  return fold
}

/** A call as the whole object tells it; arguments that are JSON are compared as such. */
export interface FinalCall {
  id: string
  name: string
  input: unknown
}

/** The client's own calls in a format's whole object, read without the fold. */
export function callsOf(format: FormatId, object: JsonObject): FinalCall[] {
  return readers[format](object)
}

const readers = {
  'openai-chat': ({ choices }) =>
    objects(choices).flatMap((choice) =>
      objects(asObject(choice.message)?.tool_calls).map(({ id, function: fn, custom }) => {
        const body = asObject(fn) ?? asObject(custom) ?? {}
        return { id: asString(id) ?? '', name: String(body.name), input: inputOf(body.arguments ?? body.input) }
      }),
    ),
  'anthropic-messages': ({ content }) =>
    objects(content)
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: String(id), name: String(name), input })),
  'openai-responses': ({ output }) =>
    objects(output)
      .filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
      .map((item) => ({
        id: String(item.call_id),
        name: String(item.name),
        // Verbatim where the provider's own last event says `""` for a call without arguments.
        input: inputOf(item.type === 'function_call' ? item.arguments || '{}' : item.input),
      })),
} satisfies Record<FormatId, (object: JsonObject) => FinalCall[]>

function objects(value: unknown): JsonObject[] {
  return (asArray(value) ?? []).map((entry) => asObject(entry) ?? {})
}

export function inputOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return text // a custom tool's input, or arguments that are no JSON
  }
}
