import { assertNever, type GatewayError } from '../../errors.ts'
import { clampCallId } from '../../events/ids.ts'
import { asObject, asString } from '../../events/json.ts'
import type { Block, StreamEvent } from '../../events/stream-event.ts'
import { mergeUsage, type Usage } from '../../events/usage.ts'
import { sseData } from '../../framing/sse.ts'
import type { Encoder, EncoderOptions } from '../codec.ts'
import { openAiErrorBody } from '../shared/openai-error.ts'
import type { BlockWriter, ChoiceState, Piece } from './block-writer.ts'
import { blockWriter } from './encode-block.ts'
import { writtenFinish } from './finish.ts'
import { countsTokens, writeServiceTier, writeUsage } from './usage.ts'

interface Choice extends ChoiceState {
  /** The chunk up to its delta; ready-made since it is the same for every chunk of the choice. */
  readonly head: string
  saidRole: boolean
}

interface OpenBlock {
  choice: Choice
  /** What it counts as for the role that goes out with the first chunk. */
  kind: Block['kind']
  writer: BlockWriter
}

const roles = {
  text: '{"role":"assistant","content":"","refusal":null}',
  refusal: '{"role":"assistant","content":null,"refusal":""}',
  other: '{"role":"assistant","content":null,"refusal":null}',
} as const

const waitsForContent: ReadonlySet<Block['kind']> = new Set(['text', 'refusal', 'server-tool', 'native'])

/** Canonical events → chat completion chunks. Every choice is written; interleaved blocks pass as they come. */
export class ChatEncoder implements Encoder {
  readonly #options: EncoderOptions
  readonly #choices = new Map<number, Choice>()
  readonly #open = new Map<number, OpenBlock>()
  #usage: Usage = {}
  #isOver = false
  #start: Extract<StreamEvent, { type: 'response-start' }> | undefined
  /** Every chunk up to `"choices":[`, made with the first one, when the service tier may be known. */
  #head: string | undefined
  /** What follows `"choices":[…]` in every chunk but the last. */
  readonly #tail: string

  constructor(options: EncoderOptions) {
    this.#options = options
    this.#tail = options.request.includeUsage ? '],"usage":null}\n\n' : ']}\n\n'
  }

  push(event: StreamEvent): string {
    if (this.#isOver) return ''
    switch (event.type) {
      case 'response-start':
        this.#start = event
        return ''
      case 'block-start':
        return this.#blockStart(event.index, event.choice ?? 0, event.block)
      case 'block-delta': {
        const open = this.#open.get(event.index)
        const piece = open?.writer.write(event.delta)
        if (!open || !piece) return ''
        const details = this.#details(open.choice)
        return details + this.#role(open.choice, open.kind) + this.#piece(open.choice, piece)
      }
      case 'block-end':
        return this.#blockEnd(event.index)
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        return ''
      case 'finish':
        return this.#finish(event)
      case 'response-end':
        return this.#end()
      case 'error':
        return this.#error(event.error)
      case 'native':
        if (!event.silent) this.#options.losses.add(event.loss ?? 'unknown-event')
        return ''
      default:
        return assertNever(event)
    }
  }

  end(): string {
    return ''
  }

  #blockStart(index: number, choiceIndex: number, block: Block): string {
    const choice = this.#choice(choiceIndex)
    const named = block.kind === 'tool-call' ? { ...block, id: clampCallId(block.id) } : block
    const writer = blockWriter(named, choice, this.#options.losses)
    // Reasoning that goes into the content begins an answer as text does.
    const kind = choice.thinkingText && block.kind === 'reasoning' ? 'text' : block.kind
    this.#open.set(index, { choice, kind, writer })
    const details = block.kind === 'reasoning' && block.redacted ? '' : this.#details(choice)
    // Blocks that may stay empty must not decide what the role's `content` is.
    if (waitsForContent.has(kind)) return details
    const role = details + this.#role(choice, kind)
    return writer.opening === undefined ? role : role + this.#chunk(choice, writer.opening)
  }

  /** What ended reasoning blocks owe, before anything else is said. */
  #details(choice: Choice): string {
    if (choice.details.length === 0) return ''
    const delta = JSON.stringify({ reasoning_details: choice.details })
    choice.details = []
    return this.#role(choice, 'reasoning') + this.#chunk(choice, delta)
  }

  /** The role goes out once a choice, and its `content` says whether text is coming. */
  #role(choice: Choice, kind: Block['kind'] | undefined): string {
    if (choice.saidRole) return ''
    choice.saidRole = true
    return this.#chunk(choice, kind === 'text' || kind === 'refusal' ? roles[kind] : roles.other)
  }

  #blockEnd(index: number): string {
    const open = this.#open.get(index)
    if (!open) return ''
    this.#open.delete(index)
    const closing = open.writer.close()
    return closing === undefined ? '' : this.#role(open.choice, open.kind) + this.#chunk(open.choice, closing)
  }

  #finish(event: Extract<StreamEvent, { type: 'finish' }>): string {
    if (event.reason === 'malformed-tool-call') {
      const message = event.explanation ?? 'The model produced a tool call that is not valid.'
      return this.#error({ code: 'upstream_malformed', message })
    }
    const { word, loss } = writtenFinish[event.reason]
    if (loss) this.#options.losses.add(loss)
    const choice = this.#choice(event.choice ?? 0)
    const spoken = word === 'tool_calls' && choice.legacy ? 'function_call' : word
    const before = this.#details(choice) + this.#role(choice, undefined)
    return `${before}${choice.head}{},"logprobs":null,"finish_reason":"${spoken}"}${this.#tail}`
  }

  #end(): string {
    this.#isOver = true
    if (this.#usage.cacheWrite5m && this.#usage.cacheWrite1h) this.#options.losses.add('usage-detail')
    const done = sseData('[DONE]')
    if (!this.#options.request.includeUsage || !countsTokens(this.#usage)) return done
    return `${this.#chunkHead()}],"usage":${JSON.stringify(writeUsage(this.#usage))}}\n\n${done}`
  }

  /** No `[DONE]` after an error: many clients take it for success. */
  #error(error: GatewayError): string {
    this.#isOver = true
    return sseData(JSON.stringify({ error: openAiErrorBody(error) }))
  }

  #piece(choice: Choice, piece: Piece): string {
    return `${choice.head}${piece.delta},"logprobs":${piece.logprobs ?? 'null'},"finish_reason":null}${this.#tail}`
  }

  #chunk(choice: Choice, delta: string): string {
    return `${choice.head}${delta},"logprobs":null,"finish_reason":null}${this.#tail}`
  }

  #choice(index: number): Choice {
    let choice = this.#choices.get(index)
    if (!choice) {
      choice = {
        head: `${this.#chunkHead()}{"index":${index},"delta":`,
        saidRole: false,
        legacy: this.#options.request.legacyFunctions === true,
        thinkingText: this.#options.request.thinkingText === true,
        contentLength: 0,
        calls: 0,
        reasonings: 0,
        details: [],
      }
      this.#choices.set(index, choice)
    }
    return choice
  }

  #chunkHead(): string {
    this.#head ??= this.#makeHead()
    return this.#head
  }

  #makeHead(): string {
    const start = this.#start
    const native = asObject(start?.native)
    // The wire object of our own format says so itself; those of other formats are not ours to read.
    const own = native?.object === 'chat.completion.chunk' ? native : undefined
    const keepsId = start && start.id !== '' && (own || start.id.startsWith('chatcmpl-'))
    const fingerprint = asString(own?.system_fingerprint)
    const tier = writeServiceTier(this.#usage.serviceTier)
    const fields = {
      id: keepsId ? start.id : this.#options.mint('chatcmpl-', 29),
      object: 'chat.completion.chunk',
      created: start?.createdAt ?? this.#options.createdAt,
      model: start?.model || asString(this.#options.wire.model) || '',
      ...(tier !== undefined && { service_tier: tier }),
      ...(fingerprint !== undefined && { system_fingerprint: fingerprint }),
    }
    return `data: ${JSON.stringify(fields).slice(0, -1)},"choices":[`
  }
}
