import { asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { Annotation, Block, Delta, TokenLogprob } from '../../events/stream-event.ts'
import { writeAnnotation } from './annotation.ts'
import type { BlockWriter, ChoiceState, Piece } from './block-writer.ts'
import { dataUrl } from './data-url.ts'
import { ReasoningWriter } from './encode-reasoning.ts'
import { ThinkingTextWriter } from './thinking-text.ts'

const nothing = { opening: undefined, write: () => undefined, close: () => undefined } satisfies BlockWriter

/** The writer of a block, or one that writes nothing where C has no word for it (which is a named loss). */
export function blockWriter(block: Block, choice: ChoiceState, losses: Losses): BlockWriter {
  switch (block.kind) {
    case 'text':
      if (block.phase !== undefined) losses.add('phase')
      return new TextWriter(choice, losses)
    case 'reasoning':
      return choice.thinkingText ? new ThinkingTextWriter(block, choice) : new ReasoningWriter(block, choice)
    case 'refusal':
      return new RefusalWriter()
    case 'tool-call':
      if (block.caller !== undefined && !isDirect(block.caller)) losses.add('caller')
      return choice.legacy ? legacyCallWriter(block, choice, losses) : new CallWriter(block, choice)
    case 'audio':
      return new AudioWriter(block.id)
    case 'image':
      return new ImageWriter(block.mediaType)
    case 'server-tool':
      losses.add('server-tool')
      return nothing
    case 'native':
      losses.add('native-block')
      return nothing
  }
}

class TextWriter implements BlockWriter {
  readonly opening = undefined
  readonly #choice: ChoiceState
  readonly #losses: Losses
  readonly #start: number
  readonly #citations: Annotation[] = []

  constructor(choice: ChoiceState, losses: Losses) {
    this.#choice = choice
    this.#losses = losses
    this.#start = choice.contentLength
  }

  write(delta: Delta): Piece | undefined {
    if (delta.kind === 'text') {
      if (delta.text === '' && !delta.logprobs) return undefined
      this.#choice.contentLength += delta.text.length
      const json = `{"content":${JSON.stringify(delta.text)}}`
      return delta.logprobs ? { delta: json, logprobs: logprobsJson('content', delta.logprobs) } : { delta: json }
    }
    if (delta.kind === 'annotation') this.#citations.push(delta.annotation)
    return undefined
  }

  close(): string | undefined {
    const block = { start: this.#start, length: this.#choice.contentLength - this.#start }
    const annotations = this.#citations.flatMap((citation) => {
      const written = writeAnnotation(citation, block)
      if (!written) this.#losses.add('citation-source')
      else if (citation.start === undefined || citation.end === undefined) this.#losses.add('citation-span')
      return written ? [written] : []
    })
    return annotations.length > 0 ? JSON.stringify({ annotations }) : undefined
  }
}

class RefusalWriter implements BlockWriter {
  readonly opening = undefined

  write(delta: Delta): Piece | undefined {
    if (delta.kind !== 'refusal') return undefined
    const json = `{"refusal":${JSON.stringify(delta.text)}}`
    return delta.logprobs ? { delta: json, logprobs: logprobsJson('refusal', delta.logprobs) } : { delta: json }
  }

  close(): undefined {
    return undefined
  }
}

type CallBlock = Extract<Block, { kind: 'tool-call' }>

class CallWriter implements BlockWriter {
  readonly opening: string
  /** What stands before and after the text of an argument delta. */
  readonly #before: string
  readonly #isFunction: boolean
  readonly #index: number
  #hasArguments = false

  constructor(block: CallBlock, choice: ChoiceState) {
    const index = choice.calls++
    this.#index = index
    this.#isFunction = block.tool === 'function'
    const { id, name, signature } = block
    const body = this.#isFunction
      ? { type: 'function', function: { name, arguments: '' } }
      : { type: 'custom', custom: { name, input: '' } }
    const call = { index, id, ...body, ...(signature !== undefined && googleSignature(signature)) }
    this.opening = `{"tool_calls":[${JSON.stringify(call)}]}`
    this.#before = `{"tool_calls":[{"index":${index},${this.#isFunction ? '"function":{"arguments":' : '"custom":{"input":'}`
  }

  write(delta: Delta): Piece | undefined {
    if (delta.kind === 'arguments' && delta.text !== '') {
      this.#hasArguments = true
      return { delta: `${this.#before}${JSON.stringify(delta.text)}}}]}` }
    }
    if (delta.kind !== 'signature') return undefined
    return { delta: JSON.stringify({ tool_calls: [{ index: this.#index, ...googleSignature(delta.value) }] }) }
  }

  close(): string | undefined {
    return this.#hasArguments || !this.#isFunction ? undefined : `${this.#before}"{}"}}]}`
  }
}

/** For clients of the deprecated `functions`, whose answers hold one call and no id. */
function legacyCallWriter(block: CallBlock, choice: ChoiceState, losses: Losses): BlockWriter {
  if (choice.calls++ > 0) {
    losses.add('native-block')
    return nothing
  }
  let hasArguments = false
  const json = (text: string) => `{"function_call":{"arguments":${JSON.stringify(text)}}}`
  return {
    opening: JSON.stringify({ function_call: { name: block.name, arguments: '' } }),
    write: (delta) => {
      if (delta.kind !== 'arguments' || delta.text === '') return undefined
      hasArguments = true
      return { delta: json(delta.text) }
    },
    close: () => (hasArguments ? undefined : json('{}')),
  }
}

class AudioWriter implements BlockWriter {
  readonly opening: string | undefined

  constructor(id: string | undefined) {
    this.opening = id === undefined ? undefined : JSON.stringify({ audio: { id } })
  }

  write(delta: Delta): Piece | undefined {
    if (delta.kind !== 'audio') return undefined
    const { base64: data, transcript, expiresAt: expires_at } = delta
    return { delta: JSON.stringify({ audio: { data, transcript, expires_at } }) }
  }

  close(): undefined {
    return undefined
  }
}

class ImageWriter implements BlockWriter {
  readonly opening = undefined
  readonly #mediaType: string

  constructor(mediaType: string | undefined) {
    this.#mediaType = mediaType ?? 'image/png'
  }

  /** Previews have no place in C; the image itself follows. */
  write(delta: Delta): Piece | undefined {
    if (delta.kind !== 'image' || delta.partial !== undefined) return undefined
    const image = { type: 'image_url', image_url: { url: dataUrl(this.#mediaType, delta.base64) } }
    return { delta: JSON.stringify({ images: [image] }) }
  }

  close(): undefined {
    return undefined
  }
}

function googleSignature(value: string) {
  return { extra_content: { google: { thought_signature: value } } }
}

function logprobsJson(field: 'content' | 'refusal', tokens: readonly TokenLogprob[]): string {
  const entries = tokens.map((token) => ({
    ...token,
    bytes: token.bytes ?? null,
    top_logprobs: (token.top_logprobs ?? []).map((top) => ({ ...top, bytes: top.bytes ?? null })),
  }))
  return JSON.stringify(field === 'content' ? { content: entries, refusal: null } : { content: null, refusal: entries })
}

/** The caller of an ordinary call, which R names and M leaves out. */
function isDirect(caller: unknown): boolean {
  return asObject(caller)?.type === 'direct'
}
