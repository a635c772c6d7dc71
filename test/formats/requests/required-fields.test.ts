import { describe, expect, test } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { codecs } from '../../support/codecs.ts'

// What a request must have even where it is only relayed.

function refusal(format: FormatId, fields: JsonObject): string | undefined {
  try {
    codecs[format].checkFields?.(fields)
    return undefined
  } catch (cause) {
    return cause instanceof GatewayFault ? `${cause.error.code} ${cause.error.param}` : String(cause)
  }
}

describe.each(['openai-chat', 'anthropic-messages'] as const)('a relayed request of %s', (format) => {
  test.each([
    [{ messages: [] }, undefined],
    [{}, 'invalid_request messages'],
    [{ messages: null }, 'invalid_request messages'],
    [{ messages: 'Hi' }, 'invalid_request messages'],
  ])('%j is refused for: %s', (fields, reason) => {
    expect(refusal(format, fields)).toBe(reason)
  })
})

test.each([
  [{ input: 'Hi' }, undefined],
  [{ input: [] }, undefined],
  [{ prompt: { id: 'p' } }, undefined],
  [{ previous_response_id: 'resp_1', input: null }, undefined],
  [{ conversation: 'conv_1' }, undefined],
  [{}, 'invalid_request input'],
  [{ input: null, prompt: null }, 'invalid_request input'],
  [{ input: 7, conversation: 'conv_1' }, 'invalid_request input'],
])('a relayed request of openai-responses %j is refused for: %s', (fields, reason) => {
  expect(refusal('openai-responses', fields)).toBe(reason)
})
