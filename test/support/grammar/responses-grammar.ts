import type { WrittenFrame } from '../read/sse-frames.ts'
import { asJson, type Json, Problems } from './problems.ts'
import { checkItemEvent, type ItemState, startItem } from './responses-items.ts'

const terminal = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** What a Responses stream must be, event by event. */
export function checkResponsesStream(frames: readonly WrittenFrame[]): string[] {
  const problems = new Problems()
  const checker = new ResponsesChecker(problems)
  for (const [at, { event, data }] of frames.entries()) {
    if (data === '[DONE]') {
      problems.expect(false, 'a [DONE]')
      continue
    }
    const value = asJson(JSON.parse(data))
    problems.expect(event === value.type, `event: ${event} with type ${value.type}`)
    problems.expect(value.sequence_number === at, `sequence number ${value.sequence_number} at ${at}`)
    checker.event(value, at)
  }
  checker.end()
  return problems.list
}

class ResponsesChecker {
  readonly #problems: Problems
  readonly #items: ItemState[] = []
  readonly #ids = new Set<unknown>()
  #response: Json = {}
  #phase: 'open' | 'error' | 'over' = 'open'

  constructor(problems: Problems) {
    this.#problems = problems
  }

  event(event: Json, at: number): void {
    const type = String(event.type)
    this.#problems.expect(this.#phase !== 'over', `${type} after the end`)
    this.#problems.expect(this.#phase !== 'error' || type === 'response.failed', `${type} after the error`)
    if (at < 2) this.#begin(type, at, asJson(event.response))
    else if (type === 'error') this.#error(event)
    else if (terminal.has(type)) this.#end(type, asJson(event.response))
    else if (type === 'response.output_item.added') this.#add(event)
    else this.#itemEvent(type, event)
  }

  end(): void {
    this.#problems.expect(this.#phase === 'over', 'no terminal event at the end')
  }

  #begin(type: string, at: number, response: Json): void {
    this.#problems.expect(type === ['response.created', 'response.in_progress'][at], `${type} at ${at}`)
    if (at === 0) this.#response = response
    this.#identity(response, 'in_progress')
    this.#problems.expect(JSON.stringify(response.output) === '[]', 'output is not empty at the start')
  }

  #identity(response: Json, status: string): void {
    this.#problems.expect(String(response.id).startsWith('resp_'), `the id ${response.id}`)
    this.#problems.expect(response.id === this.#response.id, 'the response id changes')
    this.#problems.expect(response.object === 'response', `object ${response.object}`)
    this.#problems.expect(Number(response.created_at) > 0, 'created_at is not positive')
    this.#problems.expect(typeof response.model === 'string', 'no model')
    this.#problems.expect(response.status === status, `status ${response.status} instead of ${status}`)
    this.#problems.expect('incomplete_details' in response, 'no incomplete_details')
  }

  #add({ output_index, item }: Json): void {
    const state = startItem(asJson(item), this.#problems)
    this.#problems.expect(output_index === this.#items.length, `output_index ${output_index} is not the next`)
    const { id, call_id } = state.item
    this.#problems.expect(typeof id === 'string' && id !== '' && !this.#ids.has(id), `item id ${id} is used`)
    this.#problems.expect(id !== call_id, 'the item id is the call id')
    this.#ids.add(id)
    this.#items.push(state)
  }

  #itemEvent(type: string, event: Json): void {
    const state = this.#items[Number(event.output_index)]
    if (!state) {
      this.#problems.expect(false, `${type} for an item that was not added`)
      return
    }
    const id = type === 'response.output_item.done' ? asJson(event.item).id : event.item_id
    this.#problems.expect(id === state.item.id, `${type} names the item ${id}`)
    checkItemEvent(state, type, event, this.#problems)
  }

  #error(event: Json): void {
    this.#phase = 'error'
    this.#problems.expect(typeof event.message === 'string' && event.message !== '', 'an error without message')
  }

  #end(type: string, response: Json): void {
    this.#phase = 'over'
    this.#identity(response, type.slice('response.'.length))
    const failed = type === 'response.failed'
    this.#problems.expect(failed === (response.error !== null), 'error does not fit the status')
    const reason = asJson(response.incomplete_details).reason
    this.#problems.expect((type === 'response.incomplete') === (typeof reason === 'string'), `reason ${reason}`)
    if (failed) return
    const unfinished = this.#items.filter((state) => state.done === undefined)
    this.#problems.expect(unfinished.length === 0, 'an item is not done at the end')
    const done = JSON.stringify(this.#items.map((state) => state.done))
    this.#problems.expect(JSON.stringify(response.output) === done, 'output differs from the done items')
  }
}
