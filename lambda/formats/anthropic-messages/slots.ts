import { asObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Slot } from '../../framing/mould.ts'

const keys = ['text', 'thinking', 'partial_json']

/** Of a `content_block_delta` with text, thinking or input: that. */
export function contentSlots({ type, delta }: JsonObject): Slot[] | undefined {
  const holder = type === 'content_block_delta' ? asObject(delta) : undefined
  const key = holder && keys.find((name) => typeof holder[name] === 'string' && holder[name] !== '')
  return holder && key !== undefined ? [{ holder, key }] : undefined
}
