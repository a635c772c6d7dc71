import type { Delta } from '../../events/stream-event.ts'
import { sseEvent } from '../../framing/sse.ts'

/** Writes one canonical block as a content block of M, while it has the turn. */
export interface BlockWriter {
  /** '' where the block is only written once it has content. */
  start(): string
  delta(delta: Delta): string
  end(): string
  /** Is nothing more to be expected, although the block has not ended? Then another block may have the turn. */
  complete(): boolean
}

export function blockStart(index: number, contentBlock: object): string {
  return sseEvent(
    'content_block_start',
    JSON.stringify({ type: 'content_block_start', index, content_block: contentBlock }),
  )
}

/** Everything of a delta event but its changing text: prepared once a block, since it is the hot path. */
export function deltaPrefix(index: number, type: string, field: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":`
}

export function blockStop(index: number): string {
  return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`
}
