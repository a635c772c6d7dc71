import { invalidRequest } from '../../errors.ts'
import { asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { Item, JsonObject, MessageItem, Part } from '../../events/request.ts'
import { cacheOf } from './cache-marks.ts'
import { readArray, readObject, readString } from './check.ts'
import { readPart, readText } from './request-read-parts.ts'
import { googleSignature, readRedacted, readThinking } from './request-read-reasoning.ts'

/** Changes with every request of Claude Code and so defeats any other provider's prompt cache (ccproxy issue 61). */
const billingLine = /^x-anthropic-billing-header:[^\n]*(\n|$)/

/** `system`, a string or text blocks, as one message in the place a format has for instructions. */
export function readSystem(system: unknown): Item[] {
  if (system == null) return []
  const blocks = typeof system === 'string' ? [{ type: 'text', text: system }] : readArray(system, 'system')
  const parts = blocks.map((block, at) => readText(readObject(block, `system[${at}]`), `system[${at}]`))
  const [first, ...rest] = parts
  if (!first) return []
  const text = first.text.replace(billingLine, '')
  const kept = [{ ...first, text }, ...rest].filter((part) => part.text !== '')
  return kept.length > 0 ? [{ kind: 'message', role: 'system', placement: 'instructions', parts: kept }] : []
}

/** @throws GatewayFault invalid_request with a `param` such as `messages[2].content` */
export function readMessages(messages: unknown, losses: Losses): Item[] {
  const items: Item[] = []
  for (const [at, value] of readArray(messages, 'messages').entries()) {
    const param = `messages[${at}]`
    const message = readObject(value, param)
    const role = readRole(message.role, param)
    new MessageReader(role, `${param}.content`, items, losses).read(message.content)
  }
  return items
}

function readRole(role: unknown, param: string): 'user' | 'assistant' | 'system' {
  if (role === 'user' || role === 'assistant' || role === 'system') return role
  throw invalidRequest(`${param}.role must be user, assistant or system.`, `${param}.role`)
}

/** One message → items: its parts, cut where a call, a result or thinking stands between them. */
class MessageReader {
  readonly #role: MessageItem['role']
  readonly #param: string
  readonly #items: Item[]
  readonly #losses: Losses
  #parts: Part[] = []
  /** Gemini's signature of the call that comes next. */
  #callSignature: string | undefined

  constructor(role: MessageItem['role'], param: string, items: Item[], losses: Losses) {
    this.#role = role
    this.#param = param
    this.#items = items
    this.#losses = losses
  }

  read(content: unknown): void {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : readArray(content, this.#param)
    for (const [at, value] of blocks.entries()) {
      const param = `${this.#param}[${at}]`
      this.#block(readObject(value, param), param, asObject(blocks[at + 1]))
    }
    this.#flush()
  }

  #push(item: Item): void {
    this.#flush()
    this.#items.push(item)
  }

  #flush(): void {
    if (this.#parts.length > 0) this.#items.push({ kind: 'message', role: this.#role, parts: this.#parts })
    this.#parts = []
  }

  #block(block: JsonObject, param: string, next: JsonObject | undefined): void {
    const type = readString(block.type, `${param}.type`)
    switch (type) {
      case 'thinking': {
        // Gemini's signature of a call travels in an empty thinking block before it; the call takes it back.
        this.#callSignature = next?.type === 'tool_use' ? googleSignature(block) : undefined
        if (this.#callSignature === undefined) this.#push(readThinking(block))
        break
      }
      case 'redacted_thinking':
        this.#push(readRedacted(block))
        break
      case 'tool_use':
        this.#push(this.#readCall(block, param))
        break
      case 'tool_result':
        this.#push(this.#readResult(block, param))
        break
      case 'compaction':
        throw invalidRequest(`${param}: a compacted history can only be read by the provider that made it.`, param)
      default: {
        const part = readPart(block, param, this.#losses)
        if (part) this.#parts.push(part)
      }
    }
  }

  #readCall(block: JsonObject, param: string): Item {
    const signature = this.#callSignature
    this.#callSignature = undefined
    const input = block.input ?? {}
    return {
      kind: 'tool-call',
      id: readString(block.id, `${param}.id`),
      name: readString(block.name, `${param}.name`),
      tool: 'function',
      // A buffered answer that was cut holds its input as text; clients send it back as it is.
      arguments: typeof input === 'string' ? input : JSON.stringify(input),
      ...(signature !== undefined && { signature }),
      ...cacheOf(block),
    }
  }

  #readResult(block: JsonObject, param: string): Item {
    const content = block.content ?? []
    const blocks =
      typeof content === 'string' ? [{ type: 'text', text: content }] : readArray(content, `${param}.content`)
    const parts: Part[] = []
    for (const [at, value] of blocks.entries()) {
      const place = `${param}.content[${at}]`
      const inner = readObject(value, place)
      const part = isResultOnly(inner) ? undefined : readPart(inner, place, this.#losses)
      if (part) parts.push(part)
      else if (isResultOnly(inner)) this.#losses.add('tool-result-media')
    }
    return {
      kind: 'tool-result',
      callId: readString(block.tool_use_id, `${param}.tool_use_id`),
      tool: 'function',
      parts,
      ...(block.is_error === true && { isError: true }),
      ...cacheOf(block),
    }
  }
}

/** Blocks of a tool result that only Anthropic's own tools make. */
function isResultOnly(block: JsonObject): boolean {
  return block.type === 'tool_reference' || block.type === 'browser_state'
}
