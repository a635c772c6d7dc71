import { asNumber, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

/** Image formats that the completed event has a word for. */
const streamedFormats: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp'])

/**
 * Asks a model that streams to do so, since a silent connection of a minute is what breaks on the way. Only the GPT
 * image models stream; every other request goes as the client sent it, and so does one whose answer a stream may not be
 * able to tell (several images, vector graphics, animations).
 */
export function imageStreamFields(body: JsonObject): JsonObject {
  return canStream(body) ? { stream: true } : {}
}

function canStream(body: JsonObject): boolean {
  const isSingle = imageCount(body) === 1 && body.frame_count == null && body.svg == null
  const format = asString(body.output_format) ?? 'png'
  return isSingle && streamedFormats.has(format) && /(^|\/)(chatgpt|gpt)-image/.test(asString(body.model) ?? '')
}

/** How many images were asked for; in a form the number is a text. */
export function imageCount(fields: JsonObject | undefined): number {
  const count = asNumber(fields?.n) ?? Number(fields?.n ?? 1)
  return Number.isInteger(count) && count > 0 ? count : 1
}
