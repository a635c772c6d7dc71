import { clampCallId } from '../../events/ids.ts'
import { parseObject } from '../../events/json.ts'
import {
  type CanonicalRequest,
  type JsonObject,
  type MessageItem,
  paramOf,
  type ReasoningItem,
  type ToolCallItem,
} from '../../events/request.ts'
import { clampToolName } from '../../events/tool-names.ts'
import type { WriteContext } from '../codec.ts'
import { writeCacheMark } from './cache-marks.ts'
import { PartWriter } from './request-write-parts.ts'
import { type Step, stepsOf } from './result-order.ts'
import type { WrittenMessage } from './thinking-history.ts'

export interface WrittenHistory {
  system: JsonObject[]
  messages: WrittenMessage[]
}

/**
 * Flat items → `system` and alternating `messages`: neighbours of one role join into one message, tool
 * results stand directly after their calls.
 * @param instruction one more sentence for `system`
 */
export function writeHistory(
  request: CanonicalRequest,
  instruction: string | undefined,
  context: WriteContext,
): WrittenHistory {
  const writer = new HistoryWriter(context, new PartWriter(paramOf(request, 'items'), context.losses))
  for (const step of stepsOf(request.items, context.losses)) writer.write(step)
  return writer.finish(instruction)
}

class HistoryWriter {
  readonly #context: WriteContext
  readonly #parts: PartWriter
  readonly #system: JsonObject[] = []
  readonly #messages: WrittenMessage[] = []
  /** Later instructions that wait for their place: see #placeInstructions. */
  #instructions: JsonObject[] = []
  /** Thinking that waits for what it led to: Anthropic refuses an assistant turn that ends in it. */
  #thoughts: JsonObject[] = []

  constructor(context: WriteContext, parts: PartWriter) {
    this.#context = context
    this.#parts = parts
  }

  write(step: Step): void {
    switch (step.kind) {
      case 'message':
        this.#message(step)
        break
      case 'reasoning':
        this.#reasoning(step)
        break
      case 'tool-call':
        this.#call(step)
        break
      case 'tool-result':
        this.#append('user', this.#parts.result(step))
        break
      case 'missing-result':
        this.#append('user', missingResult(step.callId))
        break
    }
  }

  finish(instruction: string | undefined): WrittenHistory {
    this.#placeInstructions()
    this.#dropThoughts()
    this.#trimPrefill()
    this.#askSomething()
    const system = instruction === undefined ? this.#system : [...this.#system, { type: 'text', text: instruction }]
    return { system, messages: this.#messages }
  }

  #message(item: MessageItem): void {
    if (item.name !== undefined) this.#context.losses.add('message-name')
    if (item.phase !== undefined) this.#context.losses.add('phase')
    const blocks = this.#parts.parts(item.parts)
    if (item.role === 'system' || item.role === 'developer') this.#instruct(item, blocks)
    else for (const block of blocks) this.#append(item.role, block)
  }

  /** Leading instructions are `system`; later ones stay in the conversation only where the model takes them there. */
  #instruct(item: MessageItem, blocks: JsonObject[]): void {
    const leading = item.placement === 'instructions' || this.#messages.length === 0
    if (!leading && this.#context.capabilities.laterSystem) {
      this.#instructions.push(...blocks)
      return
    }
    if (!leading && blocks.length > 0) this.#context.losses.add('system-position')
    this.#system.push(...blocks)
  }

  /**
   * Inside a conversation Anthropic takes instructions only behind a user turn, before the assistant's or at the end:
   * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages#limitations
   */
  #placeInstructions(): void {
    const blocks = this.#instructions
    this.#instructions = []
    if (blocks.length === 0) return
    if (this.#messages.at(-1)?.role === 'user') {
      this.#messages.push({ role: 'system', content: blocks })
      return
    }
    this.#context.losses.add('system-position')
    this.#system.push(...blocks)
  }

  /** Claude's own reasoning goes back byte for byte; nobody else's can, and none is ever forged or turned into text. */
  #reasoning(item: ReasoningItem): void {
    const block = writeReasoning(item, this.#context)
    if (block) this.#thoughts.push(block)
    else if (item.parts.length > 0 || item.signature !== undefined || item.encrypted !== undefined) {
      this.#context.losses.add('foreign-reasoning')
    }
  }

  #call(item: ToolCallItem): void {
    this.#append('assistant', {
      type: 'tool_use',
      id: clampCallId(item.id),
      name: clampToolName(item.name, item.namespace),
      input: writeInput(item),
      ...writeCacheMark(item.cache, this.#context.losses),
    })
  }

  #append(role: 'user' | 'assistant', block: JsonObject): void {
    if (role === 'assistant') this.#placeInstructions()
    else this.#dropThoughts()
    if (this.#instructions.length > 0) this.#context.losses.add('system-position')
    const blocks = [...this.#thoughts, block]
    this.#thoughts = []
    const last = this.#messages.at(-1)
    if (last?.role === role) last.content.push(...blocks)
    else this.#messages.push({ role, content: blocks })
  }

  #dropThoughts(): void {
    if (this.#thoughts.length > 0) this.#context.losses.add('foreign-reasoning')
    this.#thoughts = []
  }

  /** Anthropic refuses a prefill that ends in white space. */
  #trimPrefill(): void {
    const last = this.#messages.at(-1)
    const block = last?.content.at(-1)
    if (last?.role !== 'assistant' || typeof block?.text !== 'string') return
    last.content.splice(-1, 1, { ...block, text: block.text.trimEnd() })
  }

  /** Anthropic refuses a request without messages: where there are only instructions, they are the question. */
  #askSomething(): void {
    if (this.#messages.length > 0 || this.#system.length === 0) return
    this.#context.losses.add('system-position')
    this.#messages.push({ role: 'user', content: this.#system.splice(0) })
  }
}

function writeReasoning(item: ReasoningItem, { quirks }: WriteContext): JsonObject | undefined {
  const isOwn = quirks.issuer
    ? item.issuer === quirks.issuer
    : // Anthropic documents signatures as valid across its own API and Bedrock.
      item.issuer === 'anthropic' || item.issuer === 'bedrock'
  if (!isOwn) return undefined
  if (item.redacted) return item.encrypted ? { type: 'redacted_thinking', data: item.encrypted } : undefined
  if (!item.signature) return undefined
  return { type: 'thinking', thinking: item.parts.join('\n\n'), signature: item.signature }
}

/** M takes objects only: free text, and arguments that were cut, go under `input`, so that they are not lost. */
function writeInput(item: ToolCallItem): JsonObject {
  if (item.tool === 'custom') return { input: item.arguments }
  if (item.arguments.trim() === '') return {}
  return parseObject(item.arguments) ?? { input: item.arguments }
}

function missingResult(callId: string): JsonObject {
  return { type: 'tool_result', tool_use_id: clampCallId(callId), content: '(no output)' }
}
