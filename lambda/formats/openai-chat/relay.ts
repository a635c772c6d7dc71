import { Mould } from '../../framing/mould.ts'
import type { Frame } from '../../framing/sse.ts'
import { textSlots } from './slots.ts'

/**
 * Is this a chunk of one choice whose delta is one piece of text, with nothing else that matters? The first such chunk is
 * parsed; the others are compared with it, all but their text and OpenAI's padding.
 */
export function isRoutine(frame: Frame, mould = new Mould()): boolean {
  return mould.fits(frame, textSlots)
}
