import { parseObject } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'
import type { Frame } from '../../framing/sse.ts'
import type { Fold, RelayFormat } from '../codec.ts'
import { BlockDecoder, type Reading } from './block-decoder.ts'

/**
 * What a format is where it never streams: the one object of the answer is also its only event.
 * @param read what the object says beside being there
 */
export function wholeObject(read: (object: JsonObject) => Reading) {
  return {
    wantsStream: () => false,
    streamFields: () => ({}),
    createDecoder: () =>
      new BlockDecoder({ kind: 'native', native: null }, (object) => ({ ...read(object), whole: 'yes' })),
    cutObject: (object) => [{ event: '', data: JSON.stringify(object) }],
    createFold: () => new LastObject(),
    isRoutine: () => false,
  } as const satisfies Partial<RelayFormat>
}

class LastObject implements Fold {
  #object: JsonObject = {}

  push(frame: Frame): void {
    this.#object = parseObject(frame.data) ?? this.#object
  }

  result(): JsonObject {
    return this.#object
  }
}
