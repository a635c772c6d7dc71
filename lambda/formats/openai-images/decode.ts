import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Usage } from '../../events/usage.ts'
import type { Frame } from '../../framing/sse.ts'
import type { ReadBlockEvent } from '../shared/block-decoder.ts'
import { readTokenUsage } from '../shared/openai-token-usage.ts'
import { addUsage } from './add-usage.ts'
import { imageCount } from './request.ts'

/**
 * Reads the events of one request's images. Each image has one completed event; partial images are renders of one on its
 * way, and are not counted. The usage of several completed events is added up, so each snapshot is the sum so far.
 */
export function imageReader(fields: JsonObject | undefined): ReadBlockEvent {
  const wanted = imageCount(fields)
  let images = 0
  let total: JsonObject | undefined
  return (event) => {
    const base64 = asString(event.b64_json) ?? ''
    switch (kindOf(event)) {
      case 'partial': {
        return { delta: { kind: 'image', base64, partial: asNumber(event.partial_image_index) ?? 0 } }
      }
      case 'completed': {
        images++
        total = addUsage(total, asObject(event.usage))
        const usage = { ...(total && readImageUsage(total)), images }
        return { delta: { kind: 'image', base64 }, usage, whole: images >= wanted ? 'yes' : 'if-done' }
      }
      case undefined:
        return undefined
    }
  }
}

/** `image_generation.*` and `image_edit.*` alike. */
export function kindOf({ type }: JsonObject): 'partial' | 'completed' | undefined {
  const name = asString(type) ?? ''
  if (name.endsWith('.partial_image')) return 'partial'
  return name.endsWith('.completed') ? 'completed' : undefined
}

/** All that image models put out is images, unless they say otherwise. */
function readImageUsage(wire: JsonObject): Usage {
  const usage = readTokenUsage(wire)
  return usage.output === undefined ? usage : { ...usage, imageOutput: usage.imageOutput ?? usage.output }
}

/** A whole answer as its completed events (of edits under their path); the usage of all of them stands on the last. */
export function cutImages(object: JsonObject, path?: string): Frame[] {
  const { data, created, usage, ...rest } = object
  const images = asArray(data) ?? []
  const events = images.map((image, at) => ({
    type: path === '/images/edits' ? 'image_edit.completed' : 'image_generation.completed',
    ...rest,
    created_at: created,
    ...asObject(image),
    ...(at === images.length - 1 && asObject(usage) && { usage }),
  }))
  const frames = events.map((event) => ({ event: event.type, data: JSON.stringify(event) }))
  // There may be fewer images than were asked for, and still these are all.
  return [...frames, { event: '', data: '[DONE]' }]
}
