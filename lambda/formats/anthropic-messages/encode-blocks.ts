import { assertNever } from '../../errors.ts'
import type { Losses, StreamLoss } from '../../events/losses.ts'
import type { Block } from '../../events/stream-event.ts'
import { CallWriter, CustomCallWriter } from './encode-calls.ts'
import { RedactedWriter, ThinkingWriter } from './encode-reasoning.ts'
import { TextWriter } from './encode-text.ts'
import type { BlockWriter } from './encode-wire.ts'

/** Blocks M has no form for from another provider: nothing is written, and the loss is named. */
const inexpressible = {
  'server-tool': 'server-tool',
  audio: 'audio-output',
  image: 'image-output',
  native: 'native-block',
} as const satisfies Partial<Record<Block['kind'], StreamLoss>>

export type ExpressibleBlock = Exclude<Block, { kind: keyof typeof inexpressible }>

export function isExpressible(block: Block, losses: Losses): block is ExpressibleBlock {
  const loss = inexpressible[block.kind as keyof typeof inexpressible]
  if (loss) losses.add(loss)
  return loss === undefined
}

/** @param takeIndex gives the wire's next block index; called once, when the block is really written */
export function createBlockWriter(block: ExpressibleBlock, losses: Losses, takeIndex: () => number): BlockWriter {
  switch (block.kind) {
    case 'text':
      if (block.phase !== undefined) losses.add('phase')
      return new TextWriter(losses, takeIndex)
    case 'refusal':
      return new TextWriter(losses, takeIndex)
    case 'reasoning':
      return block.redacted
        ? new RedactedWriter(block.issuer, takeIndex)
        : new ThinkingWriter(block.issuer, block.id, takeIndex)
    case 'tool-call':
      return new (block.tool === 'custom' ? CustomCallWriter : CallWriter)(block, losses, takeIndex)
    default:
      return assertNever(block)
  }
}
