import { seal } from '../../events/envelope.ts'
import { parseObject } from '../../events/json.ts'
import type { Block, Delta, Issuer, ToolCallBlock } from '../../events/stream-event.ts'
import type { BlockEncoder, ItemEncoder, ItemPlace, ItemStatus, Output } from './encode-output.ts'
import { type DeltaLine, deltaLine } from './event-writer.ts'

const callWords = {
  function: { prefix: 'fc_', type: 'function_call', field: 'arguments', event: 'response.function_call_arguments' },
  custom: { prefix: 'ctc_', type: 'custom_tool_call', field: 'input', event: 'response.custom_tool_call_input' },
} as const satisfies Record<ToolCallBlock['tool'], Record<string, string>>

/** A function or custom tool call. Its `…done` events wait until it is known whether the answer was cut off in it. */
export class CallEncoder implements BlockEncoder, ItemEncoder {
  readonly #output: Output
  readonly #block: ToolCallBlock
  readonly #place: ItemPlace
  readonly #callId: string
  readonly #line: DeltaLine
  #text = ''

  constructor(output: Output, block: ToolCallBlock) {
    const { prefix, event } = callWords[block.tool]
    this.#output = output
    this.#block = block
    this.#place = output.place(prefix)
    this.#callId = output.callId(block.id)
    this.#line = deltaLine(`${event}.delta`, this.#place.members)
    if (isForeignCaller(block.caller)) output.losses.add('caller')
  }

  start(): string {
    return this.#output.add(this.#place, this)
  }

  delta(delta: Delta): string {
    if (delta.kind === 'signature') return sealedSignature(this.#output, delta.value, this.#callId)
    if (delta.kind !== 'arguments' || delta.text === '') return ''
    this.#text += delta.text
    return this.#output.writer.delta(this.#line, delta.text)
  }

  end(): string {
    return this.#text === '' && this.#block.tool === 'function' ? this.delta({ kind: 'arguments', text: '{}' }) : ''
  }

  finish(status: ItemStatus): string {
    const { event, field } = callWords[this.#block.tool]
    const members = `${this.#place.members},"${field}":${JSON.stringify(this.#text)}`
    return this.#output.writer.event(`${event}.done`, members) + this.#output.finish(this.#place, status)
  }

  json(status: ItemStatus | 'in_progress'): string {
    const { type, field } = callWords[this.#block.tool]
    const { name, namespace, caller } = this.#block
    return JSON.stringify({
      id: this.#place.id,
      type,
      status,
      call_id: this.#callId,
      name,
      [field]: this.#text,
      namespace,
      caller: isForeignCaller(caller) ? undefined : caller,
    })
  }
}

/** R knows `direct` and `program` callers; M's other ones have no word here. */
function isForeignCaller(caller: unknown): boolean {
  if (caller === undefined || caller === null) return false
  const type = (caller as { type?: unknown }).type
  return type !== 'direct' && type !== 'program'
}

/** A signature that must come back with a call (Gemini's): a reasoning item of its own carries it. */
export function sealedSignature(output: Output, value: string, callId: string): string {
  const reasoning = new ReasoningEncoder(output, { kind: 'reasoning', issuer: 'google', id: callId })
  return reasoning.start() + reasoning.delta({ kind: 'signature', value }) + reasoning.end()
}

/** A reasoning item: every canonical part is a part of its summary. */
export class ReasoningEncoder implements BlockEncoder, ItemEncoder {
  readonly #output: Output
  readonly #place: ItemPlace
  #issuer: Issuer
  readonly #redacted: boolean
  #id: string | undefined
  #parts: string[] = []
  /** The open part: its canonical number, and its place on the wire. */
  #open: { number: number; place: string; line: DeltaLine } | undefined
  #opaque: { kind: 'signature' | 'encrypted'; value: string } | undefined

  constructor(output: Output, block: Extract<Block, { kind: 'reasoning' }>) {
    this.#output = output
    this.#issuer = block.issuer
    this.#redacted = block.redacted ?? false
    this.#id = block.id
    this.#place = output.place('rs_', block.id)
  }

  start(): string {
    return this.#output.add(this.#place, this)
  }

  delta(delta: Delta): string {
    switch (delta.kind) {
      case 'reasoning': {
        if (delta.text === '') return ''
        const { started, line } = this.#partFor(delta.part)
        this.#parts[this.#parts.length - 1] += delta.text
        return started + this.#output.writer.delta(line, delta.text)
      }
      case 'signature':
      case 'encrypted':
        this.#opaque = delta
        this.#issuer = delta.issuer ?? this.#issuer
        if (delta.kind === 'encrypted') this.#id = delta.id ?? this.#id
        return ''
      default:
        return ''
    }
  }

  end(): string {
    return this.#endPart() + this.#output.finish(this.#place, 'completed')
  }

  json(status: ItemStatus | 'in_progress'): string {
    const summary = this.#parts.map((text) => ({ type: 'summary_text', text }))
    return JSON.stringify({
      id: this.#place.id,
      type: 'reasoning',
      summary,
      encrypted_content: this.#encryptedContent(),
      status: status === 'incomplete' ? status : undefined,
    })
  }

  /** OpenAI's own goes bare; what another provider must get back is wrapped, so that its issuer is known then. */
  #encryptedContent(): string | undefined {
    if (!this.#opaque) return undefined
    const { kind, value } = this.#opaque
    if (kind === 'encrypted' && this.#issuer === 'openai') return value
    const sealed = kind === 'encrypted' && this.#redacted ? 'redacted' : kind
    return seal({ issuer: this.#issuer, value, kind: sealed, ...(this.#id !== undefined && { id: this.#id }) })
  }

  #partFor(number: number): { started: string; line: DeltaLine } {
    if (this.#open && this.#open.number === number) return { started: '', line: this.#open.line }
    const ended = this.#endPart()
    const place = `${this.#place.members},"summary_index":${this.#parts.length}`
    const line = deltaLine('response.reasoning_summary_text.delta', place)
    const added = this.#output.writer.event(
      'response.reasoning_summary_part.added',
      `${place},"part":${summaryPart('')}`,
    )
    this.#open = { number, place, line }
    this.#parts.push('')
    return { started: ended + added, line }
  }

  #endPart(): string {
    if (!this.#open) return ''
    const { place } = this.#open
    const text = this.#parts.at(-1) ?? ''
    this.#open = undefined
    const { writer } = this.#output
    return (
      writer.event('response.reasoning_summary_text.done', `${place},"text":${JSON.stringify(text)}`) +
      writer.event('response.reasoning_summary_part.done', `${place},"part":${summaryPart(text)}`)
    )
  }
}

function summaryPart(text: string): string {
  return JSON.stringify({ type: 'summary_text', text })
}

/** A web search by the provider: the only server tool that several formats share. */
export class SearchEncoder implements BlockEncoder, ItemEncoder {
  readonly #output: Output
  readonly #place: ItemPlace
  #arguments = ''

  constructor(output: Output, block: Extract<Block, { kind: 'server-tool' }>) {
    this.#output = output
    this.#place = output.place('ws_', block.id)
  }

  start(): string {
    return this.#output.add(this.#place, this) + this.#event('in_progress') + this.#event('searching')
  }

  delta(delta: Delta): string {
    if (delta.kind === 'arguments') this.#arguments += delta.text
    return ''
  }

  end(): string {
    return this.#event('completed') + this.#output.finish(this.#place, 'completed')
  }

  json(status: ItemStatus | 'in_progress'): string {
    const query = parseObject(this.#arguments)?.query
    const action = { type: 'search', query: typeof query === 'string' ? query : '' }
    const { id } = this.#place
    return JSON.stringify({ id, type: 'web_search_call', status, ...(status !== 'in_progress' && { action }) })
  }

  #event(progress: 'in_progress' | 'searching' | 'completed'): string {
    return this.#output.writer.event(`response.web_search_call.${progress}`, this.#place.members)
  }
}

/** An image that the model made. */
export class ImageEncoder implements BlockEncoder, ItemEncoder {
  readonly #output: Output
  readonly #place: ItemPlace
  readonly #format: string | undefined
  #result: string | null = null

  constructor(output: Output, block: Extract<Block, { kind: 'image' }>) {
    this.#output = output
    this.#place = output.place('ig_')
    this.#format = block.mediaType?.replace(/^image\//, '')
  }

  start(): string {
    const { writer } = this.#output
    const added = this.#output.add(this.#place, this)
    return added + writer.event('response.image_generation_call.in_progress', this.#place.members)
  }

  delta(delta: Delta): string {
    if (delta.kind !== 'image') return ''
    if (delta.partial === undefined) {
      this.#result = (this.#result ?? '') + delta.base64
      return ''
    }
    const image = `"partial_image_index":${delta.partial},"partial_image_b64":${JSON.stringify(delta.base64)}`
    const members = `${this.#place.members},${image}`
    return this.#output.writer.event('response.image_generation_call.partial_image', members)
  }

  end(): string {
    const { writer } = this.#output
    const completed = writer.event('response.image_generation_call.completed', this.#place.members)
    return completed + this.#output.finish(this.#place, 'completed')
  }

  json(status: ItemStatus | 'in_progress'): string {
    const { id } = this.#place
    const wire = status === 'incomplete' ? 'failed' : status
    return JSON.stringify({
      id,
      type: 'image_generation_call',
      status: wire,
      result: this.#result,
      output_format: this.#format,
    })
  }
}
