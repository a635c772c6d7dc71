import { asObject, parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold } from '../codec.ts'
import { addUsage } from './add-usage.ts'
import { kindOf } from './decode.ts'

/** Fields of a completed event that belong to its image, not to the answer. */
const ofImage = ['b64_json', 'url', 'revised_prompt'] as const

/** Image events → the `ImagesResponse`: one entry for each completed event, none for partial images. */
export class ImagesFold implements Fold {
  readonly #data: JsonObject[] = []
  #fields: JsonObject = {}
  #usage: JsonObject | undefined
  #created: unknown = 0

  push(frame: Frame): void {
    const event = parseObject(frame.data)
    if (!event || kindOf(event) !== 'completed') return
    const { type: _, created_at, usage, ...rest } = event
    const image: JsonObject = {}
    for (const key of ofImage) {
      if (rest[key] !== undefined) image[key] = rest[key]
      delete rest[key]
    }
    if (this.#has(image)) return
    this.#data.push(image)
    this.#fields = { ...this.#fields, ...rest }
    this.#usage = addUsage(this.#usage, asObject(usage))
    this.#created = created_at ?? this.#created
  }

  result(): JsonObject {
    return {
      created: this.#created,
      ...this.#fields,
      data: this.#data,
      ...(this.#usage && { usage: this.#usage }),
    }
  }

  /** The stream does not number its images, but no two of them have the same bytes: such an event is a repeated one. */
  #has(image: JsonObject): boolean {
    return this.#data.some((known) => ofImage.every((key) => known[key] === image[key]))
  }
}
