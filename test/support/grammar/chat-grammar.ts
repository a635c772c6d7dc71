import type { WrittenFrame } from '../read/sse-frames.ts'
import { asJson, type Json, Problems } from './problems.ts'

interface ChoiceState {
  deltas: number
  finished: boolean
  tools: number
}

/** What a Chat Completions stream must be, chunk by chunk. */
export function checkChatStream(frames: readonly WrittenFrame[]): string[] {
  const problems = new Problems()
  const checker = new ChatChecker(problems)
  for (const [at, frame] of frames.entries()) {
    problems.expect(frame.event === undefined, 'an event: line')
    checker.frame(frame.data, at === frames.length - 1)
  }
  checker.end()
  return problems.list
}

class ChatChecker {
  readonly #problems: Problems
  readonly #choices = new Map<number, ChoiceState>()
  #identity: string | undefined
  #usageSeen = false
  #ended: 'done' | 'error' | undefined

  constructor(problems: Problems) {
    this.#problems = problems
  }

  frame(data: string, isLast: boolean): void {
    this.#problems.expect(this.#ended === undefined, 'something after the end')
    if (data === '[DONE]') {
      this.#ended = 'done'
      return
    }
    const chunk = asJson(JSON.parse(data))
    if (chunk.error !== undefined) this.#error(chunk, isLast)
    else this.#chunk(chunk)
  }

  end(): void {
    this.#problems.expect(this.#ended !== undefined, 'neither [DONE] nor an error at the end')
    if (this.#ended === 'error') return
    this.#problems.expect(this.#choices.size > 0, 'no choice')
    for (const { finished } of this.#choices.values()) this.#problems.expect(finished, 'a choice without finish_reason')
  }

  #error(chunk: Json, isLast: boolean): void {
    this.#ended = 'error'
    this.#problems.expect(isLast, 'an error that is not last')
    this.#problems.expect(Object.keys(chunk).join() === 'error', 'an error beside other fields')
    const { message, type } = asJson(chunk.error)
    this.#problems.expect(typeof message === 'string' && message !== '', 'an error without message')
    this.#problems.expect(typeof type === 'string', 'an error without type')
    const finished = [...this.#choices.values()].some((choice) => choice.finished)
    this.#problems.expect(!finished, 'an error after finish_reason')
  }

  #chunk(chunk: Json): void {
    const { object, id, created, model, choices, usage } = chunk
    this.#problems.expect(object === 'chat.completion.chunk', `object is ${JSON.stringify(object)}`)
    this.#problems.expect(typeof id === 'string' && id !== '', 'an empty id')
    this.#problems.expect(Number(created) > 0, 'created is not positive')
    const identity = JSON.stringify([id, created, model])
    this.#identity ??= identity
    this.#problems.expect(identity === this.#identity, 'id, created or model change')
    this.#problems.expect(!this.#usageSeen, 'a chunk after the usage')
    const list = Array.isArray(choices) ? choices : []
    if (usage !== undefined && usage !== null) {
      this.#usageSeen = true
      this.#problems.expect(list.length === 0, 'usage beside a choice')
    } else this.#problems.expect(list.length > 0, 'a chunk without choice and usage')
    for (const choice of list) this.#choice(asJson(choice))
  }

  #choice({ index, delta, finish_reason }: Json): void {
    const state = this.#choices.get(Number(index)) ?? { deltas: 0, finished: false, tools: 0 }
    this.#choices.set(Number(index), state)
    const { role, tool_calls } = asJson(delta)
    this.#problems.expect(!state.finished, 'a delta after finish_reason')
    this.#problems.expect((role === 'assistant') === (state.deltas === 0), 'role is not in the first chunk alone')
    state.deltas++
    for (const call of Array.isArray(tool_calls) ? tool_calls : []) this.#call(state, asJson(call))
    this.#problems.expect(finish_reason === null || typeof finish_reason === 'string', 'finish_reason is no word')
    if (finish_reason === null) return
    this.#problems.expect(finish_reason !== '', 'finish_reason is empty')
    state.finished = true
  }

  #call(state: ChoiceState, call: Json): void {
    const { name } = asJson(call.function ?? call.custom)
    const isFirst = call.index === state.tools
    this.#problems.expect(isFirst || Number(call.index) < state.tools, 'tool indexes are not dense')
    if (isFirst) state.tools++
    const fields = [call.id, call.type, name]
    const complete = fields.every((field) => typeof field === 'string' && field !== '')
    if (isFirst) this.#problems.expect(complete, 'a call that begins without id, type or name')
    else
      this.#problems.expect(
        fields.every((field) => field === undefined),
        'id, type or name are repeated',
      )
  }
}
