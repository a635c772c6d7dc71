import { asJson, type Json, type Problems } from './problems.ts'

/** One output item on its way from `added` to `done`. */
export interface ItemState {
  item: Json
  parts: PartState[]
  /** Argument text so far; undefined: it has not ended. */
  streamed: string
  argumentsDone: boolean
  done?: Json
}

interface PartState {
  type: string
  text: string
  annotations: unknown[]
  phase: 'open' | 'text-done' | 'done'
}

/** Checks `output_item.added`. */
export function startItem(item: Json, problems: Problems): ItemState {
  const empty: Record<string, Json> = {
    message: { content: [], status: 'in_progress', role: 'assistant' },
    function_call: { arguments: '', status: 'in_progress' },
    custom_tool_call: { input: '' },
    reasoning: { summary: [] },
  }
  for (const [field, value] of Object.entries(empty[String(item.type)] ?? {})) {
    const holds = JSON.stringify(item[field]) === JSON.stringify(value)
    problems.expect(holds, `an added ${item.type} with ${field} ${JSON.stringify(item[field])}`)
  }
  return { item, parts: [], streamed: '', argumentsDone: false }
}

/** Where an event stands in the life of its item. */
interface Step {
  state: ItemState
  event: Json
  problems: Problems
}

const steps: Record<string, (step: Step) => void> = {
  'response.content_part.added': ({ state, event, problems }) => addPart(state, event, event.content_index, problems),
  'response.output_text.delta': (step) => partText(step, 'output_text', step.event.content_index),
  'response.refusal.delta': (step) => partText(step, 'refusal', step.event.content_index),
  'response.reasoning_text.delta': (step) => partText(step, 'reasoning_text', step.event.content_index),
  'response.output_text.annotation.added': ({ state, event, problems }) => {
    const part = state.parts[Number(event.content_index)]
    problems.expect(event.annotation_index === part?.annotations.length, 'annotation_index is not the next')
    part?.annotations.push(event.annotation)
  },
  'response.output_text.done': (step) => partTextDone(step, step.event.text, step.event.content_index),
  'response.refusal.done': (step) => partTextDone(step, step.event.refusal, step.event.content_index),
  'response.reasoning_text.done': (step) => partTextDone(step, step.event.text, step.event.content_index),
  'response.content_part.done': (step) => partDone(step, step.event.content_index),
  'response.reasoning_summary_part.added': ({ state, event, problems }) =>
    addPart(state, event, event.summary_index, problems),
  'response.reasoning_summary_text.delta': (step) => partText(step, 'summary_text', step.event.summary_index),
  'response.reasoning_summary_text.done': (step) => partTextDone(step, step.event.text, step.event.summary_index),
  'response.reasoning_summary_part.done': (step) => partDone(step, step.event.summary_index),
  'response.function_call_arguments.delta': addArguments,
  'response.custom_tool_call_input.delta': addArguments,
  'response.function_call_arguments.done': (step) => endArguments(step, step.event.arguments),
  'response.custom_tool_call_input.done': (step) => endArguments(step, step.event.input),
  'response.output_item.done': endItem,
}

export function checkItemEvent(state: ItemState, type: string, event: Json, problems: Problems): void {
  problems.expect(state.done === undefined, `${type} after the item is done`)
  const step = steps[type]
  // Items of server tools have events of their own.
  if (step) step({ state, event, problems })
  else problems.expect(/^response\.(web_search|image_generation)_call\./.test(type), `an event ${type}`)
}

function addPart(state: ItemState, event: Json, index: unknown, problems: Problems): void {
  problems.expect(index === state.parts.length, `part ${index} is not the next`)
  const part = asJson(event.part)
  const text = part.text ?? part.refusal
  problems.expect(text === '', 'an added part is not empty')
  state.parts.push({ type: String(part.type), text: '', annotations: [], phase: 'open' })
}

function partText({ state, event, problems }: Step, type: string, index: unknown): void {
  const part = state.parts[Number(index)]
  problems.expect(part?.phase === 'open' && part.type === type, `a delta of ${type} without its part`)
  if (type === 'output_text') problems.expect(Array.isArray(event.logprobs), 'a text delta without logprobs')
  if (part) part.text += event.delta
}

function partTextDone({ state, problems }: Step, text: unknown, index: unknown): void {
  const part = state.parts[Number(index)]
  problems.expect(part?.phase === 'open' && part.text === text, 'the text at the end is not what was streamed')
  if (part) part.phase = 'text-done'
}

function partDone({ state, event, problems }: Step, index: unknown): void {
  const part = state.parts[Number(index)]
  const value = asJson(event.part)
  problems.expect(part?.phase === 'text-done', 'a part is done before its text')
  problems.expect((value.text ?? value.refusal) === part?.text, 'the done part holds another text')
  if (part?.type === 'output_text') {
    problems.expect(JSON.stringify(value.annotations) === JSON.stringify(part.annotations), 'annotations differ')
  }
  if (part) part.phase = 'done'
}

function addArguments({ state, event, problems }: Step): void {
  problems.expect(!state.argumentsDone, 'arguments after their end')
  state.streamed += event.delta
}

function endArguments({ state, problems }: Step, text: unknown): void {
  problems.expect(text === state.streamed, 'the arguments at the end are not what was streamed')
  state.argumentsDone = true
}

function endItem({ state, event, problems }: Step): void {
  const item = asJson(event.item)
  state.done = item
  problems.expect(item.type === state.item.type && item.call_id === state.item.call_id, 'the done item is another one')
  problems.expect(
    state.parts.every(({ phase }) => phase === 'done'),
    'the item is done before a part of it',
  )
  const texts = state.parts.map(({ text }) => text).join('\u0000')
  if (item.type === 'function_call' || item.type === 'custom_tool_call') {
    problems.expect(state.argumentsDone, 'the call is done before its arguments')
    problems.expect((item.arguments ?? item.input) === state.streamed, 'the done call holds other arguments')
  } else if (item.type === 'message') {
    problems.expect(joined(item.content) === texts, 'the done message holds another text')
    problems.expect(['completed', 'incomplete'].includes(String(item.status)), `a done message is ${item.status}`)
  } else if (item.type === 'reasoning') {
    const parts = Array.isArray(item.content) && item.content.length > 0 ? item.content : item.summary
    problems.expect(joined(parts) === texts, 'the done reasoning holds another text')
  }
}

function joined(parts: unknown): string {
  if (!Array.isArray(parts)) return ''
  return parts.map((part) => asJson(part).text ?? asJson(part).refusal ?? '').join('\u0000')
}
