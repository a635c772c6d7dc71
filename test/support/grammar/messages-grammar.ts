import type { WrittenFrame } from '../read/sse-frames.ts'
import { asJson, type Json, Problems } from './problems.ts'

/** Which deltas a block may have. */
const deltasOf: Record<string, string[]> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  redacted_thinking: [],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  web_search_tool_result: [],
}

/** What a Messages stream must be, event by event. */
export function checkMessagesStream(frames: readonly WrittenFrame[]): string[] {
  const problems = new Problems()
  const checker = new MessagesChecker(problems)
  for (const { event, data } of frames) {
    if (data === '[DONE]') {
      problems.expect(false, 'a [DONE]')
      continue
    }
    const value = asJson(JSON.parse(data))
    problems.expect(event === value.type, `event: ${event} with type ${value.type}`)
    checker.event(value)
  }
  checker.end()
  return problems.list
}

class MessagesChecker {
  readonly #problems: Problems
  #phase: 'before' | 'blocks' | 'delta' | 'over' = 'before'
  #open: { index: number; type: string } | undefined
  #blocks = 0

  constructor(problems: Problems) {
    this.#problems = problems
  }

  event(event: Json): void {
    this.#problems.expect(this.#phase !== 'over', `${event.type} after the end`)
    if (event.type === 'message_start') this.#start(asJson(event.message))
    else if (event.type === 'content_block_start') this.#blockStart(event)
    else if (event.type === 'content_block_delta') this.#blockDelta(event)
    else if (event.type === 'content_block_stop') this.#blockStop(event)
    else if (event.type === 'message_delta') this.#delta(event)
    else if (event.type === 'message_stop') this.#to('delta', 'over', 'message_stop')
    else if (event.type === 'error') this.#error(asJson(event.error))
    else this.#problems.expect(event.type === 'ping', `an event ${event.type}`)
  }

  end(): void {
    this.#problems.expect(this.#phase === 'over', 'no message_stop and no error at the end')
  }

  #to(from: string, to: 'blocks' | 'delta' | 'over', what: string): void {
    this.#problems.expect(this.#phase === from, `${what} out of place`)
    this.#phase = to
  }

  #start(message: Json): void {
    this.#to('before', 'blocks', 'message_start')
    this.#problems.expect(String(message.id).startsWith('msg_'), `the id ${message.id}`)
    this.#problems.expect(message.role === 'assistant' && message.type === 'message', 'role or type of the message')
    this.#problems.expect(JSON.stringify(message.content) === '[]', 'content is not empty at the start')
    this.#problems.expect(message.stop_reason === null, 'stop_reason is not null at the start')
    this.#problems.expect(message.stop_sequence === null, 'stop_sequence is not null at the start')
    this.#problems.expect(typeof asJson(message.usage).input_tokens === 'number', 'no usage at the start')
  }

  #blockStart({ index, content_block }: Json): void {
    this.#problems.expect(this.#phase === 'blocks', 'a block out of place')
    this.#problems.expect(this.#open === undefined, 'a block starts while another is open')
    this.#problems.expect(index === this.#blocks, `block ${index} instead of ${this.#blocks}`)
    const { type, input } = asJson(content_block)
    this.#problems.expect(String(type) in deltasOf, `a block of type ${type}`)
    if (type === 'tool_use') this.#problems.expect(JSON.stringify(input) === '{}', 'a tool_use starts with an input')
    this.#open = { index: this.#blocks++, type: String(type) }
  }

  #blockDelta({ index, delta }: Json): void {
    this.#problems.expect(index === this.#open?.index, 'a delta of a block that is not open')
    const { type } = asJson(delta)
    const allowed = deltasOf[this.#open?.type ?? ''] ?? []
    this.#problems.expect(allowed.includes(String(type)), `${type} in a block of type ${this.#open?.type}`)
  }

  #blockStop({ index }: Json): void {
    this.#problems.expect(index === this.#open?.index, 'a stop of a block that is not open')
    this.#open = undefined
  }

  #delta({ delta, usage }: Json): void {
    this.#to('blocks', 'delta', 'message_delta')
    this.#problems.expect(this.#open === undefined, 'message_delta while a block is open')
    const { stop_reason, stop_sequence } = asJson(delta)
    this.#problems.expect(typeof stop_reason === 'string' && stop_reason !== '', 'no stop_reason')
    this.#problems.expect(stop_sequence === null || typeof stop_sequence === 'string', 'stop_sequence is missing')
    this.#problems.expect(typeof asJson(usage).output_tokens === 'number', 'message_delta without usage')
  }

  /** An error may also be all there is: keep-alives have sent the head, and then no message began. */
  #error({ type, message }: Json): void {
    this.#problems.expect(this.#phase !== 'delta', 'an error after message_delta')
    this.#problems.expect(typeof type === 'string' && type.endsWith('_error'), `an error of type ${type}`)
    this.#problems.expect(typeof message === 'string' && message !== '', 'an error without message')
    this.#phase = 'over'
  }
}
