import type { Responses } from 'openai/resources/responses/responses'
import { assertNever } from '../../errors.ts'
import { clampCallId, derivedId } from '../../events/ids.ts'
import {
  type CanonicalRequest,
  type Item,
  type MessageItem,
  type Part,
  paramOf,
  type ReasoningItem,
  type ToolCallItem,
  type ToolResultItem,
} from '../../events/request.ts'
import { clampToolName } from '../../events/tool-names.ts'
import type { WriteContext } from '../codec.ts'
import { CacheMarks, type InputPart, type PartContext, writeParts } from './request-write-parts.ts'

export interface WrittenInput {
  instructions?: string
  input: Responses.ResponseInputItem[]
}

export function writeInput(request: CanonicalRequest, context: WriteContext): WrittenInput {
  const { losses, capabilities } = context
  const marks = new CacheMarks(capabilities.cacheBreakpoints ?? false, losses)
  const writer = new InputWriter(request, context, { marks, losses, param: paramOf(request, 'items') })
  const { instructions, rest } = splitInstructions(request.items, marks)
  for (const [index, item] of rest.entries()) writer.write(item, rest[index - 1])
  writer.dropThoughts()
  if (rest.at(-1)?.kind === 'message' && isAssistant(rest.at(-1))) losses.add('prefill')
  marks.trim()
  return { ...(instructions !== '' && { instructions }), input: writer.input }
}

/** What stood in the client's own place for instructions goes into R's, if that can hold it: text without cache marks. */
function splitInstructions(items: Item[], marks: CacheMarks): { instructions: string; rest: Item[] } {
  const instructions = items.filter((item) => item.kind === 'message' && item.placement === 'instructions')
  const parts: Part[] = instructions.flatMap((item) => (item.kind === 'message' ? item.parts : []))
  const texts: string[] = []
  for (const part of parts) {
    if (part.kind !== 'text' || marks.keeps(part.cache)) return { instructions: '', rest: items }
    if (part.cache) marks.lose()
    if (part.text !== '') texts.push(part.text)
  }
  return { instructions: texts.join('\n\n'), rest: items.filter((item) => !instructions.includes(item)) }
}

function isAssistant(item: Item | undefined): boolean {
  if (item?.kind === 'message') return item.role === 'assistant'
  return item?.kind === 'reasoning' || item?.kind === 'tool-call'
}

/** The calls that have a result. One whose id comes again before that has none. */
function answeredCalls(items: readonly Item[]): Set<Item> {
  const latest = new Map<string, Item>()
  const answered = new Set<Item>()
  for (const item of items) {
    if (item.kind === 'tool-call') latest.set(item.id, item)
    const call = item.kind === 'tool-result' ? latest.get(item.callId) : undefined
    if (call) answered.add(call)
  }
  return answered
}

class InputWriter {
  readonly input: Responses.ResponseInputItem[] = []
  readonly #context: WriteContext
  readonly #parts: PartContext
  readonly #calls = new Map<string, ToolCallItem>()
  readonly #answered: ReadonlySet<Item>
  /** Calls of the current turn that nobody answers. */
  #unanswered: ToolCallItem[] = []
  /** Reasoning that waits for what it led to: OpenAI refuses it without its message or call (opencode #1086). */
  #thoughts: Responses.ResponseReasoningItem[] = []

  constructor(request: CanonicalRequest, context: WriteContext, parts: PartContext) {
    this.#context = context
    this.#parts = parts
    this.#answered = answeredCalls(request.items)
  }

  write(item: Item, before: Item | undefined): void {
    if (!isAssistant(item) && isAssistant(before)) this.#endTurn()
    switch (item.kind) {
      case 'message':
        this.#writeMessage(item)
        break
      case 'reasoning':
        this.#writeReasoning(item)
        break
      case 'tool-call':
        this.#writeCall(item)
        break
      case 'tool-result':
        this.#writeResult(item)
        break
      default:
        assertNever(item)
    }
  }

  #writeMessage(item: MessageItem): void {
    const { losses } = this.#context
    if (item.name !== undefined) losses.add('message-name')
    if (item.role === 'assistant') {
      this.#writeAnswer(item)
      return
    }
    if (item.phase !== undefined) losses.add('phase')
    const content = writeParts(item.parts, this.#parts)
    if (content.length > 0) this.input.push({ type: 'message', role: item.role, content })
  }

  #writeAnswer(item: MessageItem): void {
    const content: Responses.ResponseOutputMessage['content'] = []
    for (const part of item.parts) {
      if ('cache' in part && part.cache) this.#parts.marks.lose()
      if (part.kind === 'refusal') content.push({ type: 'refusal', refusal: part.text })
      else for (const written of writeParts([part], this.#parts)) content.push(...this.#outputText(written))
    }
    if (content.length === 0) return
    const id = derivedId('msg_', `${this.input.length + this.#thoughts.length} ${JSON.stringify(content)}`)
    const phase = item.phase as Responses.ResponseOutputMessage['phase']
    this.#pushOutcome({
      type: 'message',
      role: 'assistant',
      id: item.id?.startsWith('msg_') ? item.id : id,
      status: 'completed',
      content,
      ...(phase && { phase }),
    })
  }

  #outputText(part: InputPart): Responses.ResponseOutputText[] {
    if (part.type === 'input_text') return [{ type: 'output_text', text: part.text, annotations: [] }]
    this.#context.losses.add('unknown-field') // no format lets the model's own turn hold pictures or files
    return []
  }

  /** Only its issuer can read reasoning; without the opaque part it is worth nothing, and is never turned into text. */
  #writeReasoning(item: ReasoningItem): void {
    const { quirks, losses } = this.#context
    if (item.issuer !== (quirks.issuer ?? 'openai') || item.encrypted === undefined) {
      losses.add('foreign-reasoning')
      return
    }
    // The id is bound to the encrypted content: one that is not known is left out rather than made up.
    const { id, encrypted, parts } = item
    const summary = item.raw ? [] : parts.map((text) => ({ type: 'summary_text' as const, text }))
    const wire = { type: 'reasoning' as const, summary, encrypted_content: encrypted, ...(id !== undefined && { id }) }
    this.#thoughts.push(wire as Responses.ResponseReasoningItem)
  }

  #pushOutcome(item: Responses.ResponseInputItem): void {
    this.input.push(...this.#thoughts, item)
    this.#thoughts = []
  }

  #endTurn(): void {
    this.dropThoughts()
    this.#answerMissing()
  }

  dropThoughts(): void {
    if (this.#thoughts.length > 0) this.#context.losses.add('foreign-reasoning')
    this.#thoughts = []
  }

  #writeCall(item: ToolCallItem): void {
    if (item.cache) this.#parts.marks.lose()
    this.#calls.set(item.id, item)
    if (!this.#answered.has(item)) this.#unanswered.push(item)
    const call = { call_id: clampCallId(item.id), name: clampToolName(item.name, item.namespace) }
    this.#pushOutcome(
      item.tool === 'custom'
        ? { type: 'custom_tool_call', ...call, input: item.arguments }
        : { type: 'function_call', ...call, arguments: item.arguments || '{}' },
    )
  }

  #writeResult(item: ToolResultItem): void {
    const parts = writeParts(item.isError ? this.#asError(item.parts) : item.parts, this.#parts)
    if (item.cache) this.#parts.marks.mark(parts.at(-1), item.cache)
    const [only] = parts
    const plain = parts.length === 1 && only?.type === 'input_text' && !only.prompt_cache_breakpoint
    const output = parts.length === 0 ? '' : plain ? only.text : parts
    this.#pushOutput(item.callId, item.tool, output)
  }

  #pushOutput(callId: string, tool: 'function' | 'custom', output: string | InputPart[]): void {
    const custom = (this.#calls.get(callId)?.tool ?? tool) === 'custom'
    const call_id = clampCallId(callId)
    this.input.push(
      custom ? { type: 'custom_tool_call_output', call_id, output } : { type: 'function_call_output', call_id, output },
    )
  }

  #asError(parts: Part[]): Part[] {
    this.#context.losses.add('is-error')
    const [first] = parts
    if (first?.kind === 'text' && first.text.startsWith('Error')) return parts
    if (first?.kind === 'text') return [{ ...first, text: `Error: ${first.text}` }, ...parts.slice(1)]
    return [{ kind: 'text', text: 'Error: the tool failed.' }, ...parts]
  }

  /** OpenAI refuses a call without a result. */
  #answerMissing(): void {
    for (const call of this.#unanswered) {
      this.#context.losses.add('missing-tool-result')
      this.#pushOutput(call.id, call.tool, '(no output)')
    }
    this.#unanswered = []
  }
}
