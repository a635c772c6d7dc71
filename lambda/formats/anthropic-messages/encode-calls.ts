import { clampCallId } from '../../events/ids.ts'
import { asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { Delta, ToolCallBlock } from '../../events/stream-event.ts'
import { ThinkingWriter } from './encode-reasoning.ts'
import { type BlockWriter, blockStart, blockStop, deltaPrefix } from './encode-wire.ts'
import { JsonScanner } from './json-scanner.ts'

/** The start of a call; before it, in a thinking block of its own, the signature Gemini demands back with the call. */
function callStart(block: ToolCallBlock, takeIndex: () => number): { index: number; prefix: string; text: string } {
  let text = ''
  if (block.signature !== undefined) {
    const thinking = new ThinkingWriter('google', undefined, takeIndex)
    thinking.delta({ kind: 'signature', value: block.signature })
    text = thinking.end()
  }
  const index = takeIndex()
  const prefix = deltaPrefix(index, 'input_json_delta', 'partial_json')
  const caller = asObject(block.caller) ?? { type: 'direct' }
  const start = { type: 'tool_use', id: clampCallId(block.id), name: block.name, input: {}, caller }
  return { index, prefix, text: `${text}${blockStart(index, start)}${prefix}""}}\n\n` }
}

export class CallWriter implements BlockWriter {
  readonly #block: ToolCallBlock
  readonly #losses: Losses
  readonly #takeIndex: () => number
  readonly #scanner = new JsonScanner()
  #unscanned = ''
  #index = -1
  #prefix = ''

  constructor(block: ToolCallBlock, losses: Losses, takeIndex: () => number) {
    this.#block = block
    this.#losses = losses
    this.#takeIndex = takeIndex
  }

  start(): string {
    const { index, prefix, text } = callStart(this.#block, this.#takeIndex)
    this.#index = index
    this.#prefix = prefix
    return text
  }

  delta(delta: Delta): string {
    // The place for a signature is before the call, and that is written already.
    if (delta.kind === 'signature') this.#losses.add('native-block')
    if (delta.kind !== 'arguments' || delta.text === '') return ''
    this.#unscanned += delta.text
    return `${this.#prefix}${JSON.stringify(delta.text)}}}\n\n`
  }

  end(): string {
    return blockStop(this.#index)
  }

  /** Scans only when it is asked, which is when another block waits. */
  complete(): boolean {
    this.#scanner.push(this.#unscanned)
    this.#unscanned = ''
    return this.#scanner.complete
  }
}

/** Free text as the JSON object `{"input": "…"}`, written while it streams. */
export class CustomCallWriter extends CallWriter {
  #open = '{"input":"'

  override delta(delta: Delta): string {
    if (delta.kind !== 'arguments' || delta.text === '') return super.delta(delta)
    return this.#json(JSON.stringify(delta.text).slice(1, -1))
  }

  override end(): string {
    return this.#json('"}') + super.end()
  }

  #json(text: string): string {
    const whole = this.#open + text
    this.#open = ''
    return super.delta({ kind: 'arguments', text: whole })
  }
}
