import type { Losses } from '../../events/losses.ts'
import type { Item, ToolCallItem, ToolResultItem } from '../../events/request.ts'

/** An item, or a result that has to be made up. */
export type Step = Item | { kind: 'missing-result'; callId: string }

/**
 * The history with every tool result directly after the assistant's calls, in their order, as Anthropic demands.
 * A call without a result gets an empty one if the conversation went on; a result without a call stays where it is.
 * Ids that come again get a number, since Anthropic refuses one that is used twice (litellm #23510).
 */
export function stepsOf(items: readonly Item[], losses: Losses): Step[] {
  const results = resultsOf(items)
  const used = new Set<Item>(results.values())
  const ids = new Set<string>()
  const steps: Step[] = []
  let calls: NumberedCall[] = []

  for (const item of items) {
    if (calls.length > 0 && !isAssistantSide(item)) {
      steps.push(...answers(calls, results))
      calls = []
    }
    if (used.has(item)) continue
    if (item.kind === 'tool-call') {
      const id = numbered(item.id, ids)
      calls.push({ call: item, id })
      steps.push({ ...item, id })
    } else steps.push(item)
  }
  // Calls at the very end are answered by the client's next request.
  if (steps.some((step) => step.kind === 'missing-result')) losses.add('missing-tool-result')
  return steps
}

/** A call, and its id in what is written. */
interface NumberedCall {
  call: ToolCallItem
  id: string
}

function numbered(id: string, taken: Set<string>): string {
  let unique = id
  for (let times = 2; taken.has(unique); times++) unique = `${id}_${times}`
  taken.add(unique)
  return unique
}

function isAssistantSide(item: Item): boolean {
  return (
    item.kind === 'tool-call' || item.kind === 'reasoning' || (item.kind === 'message' && item.role === 'assistant')
  )
}

/**
 * The result of each call that has one. Some clients use an id again in a later turn: from there on a result is for the
 * later call.
 */
function resultsOf(items: readonly Item[]): Map<ToolCallItem, ToolResultItem> {
  const results = new Map<ToolCallItem, ToolResultItem>()
  const open = new Map<string, ToolCallItem[]>()
  let turn = new Set<string>()
  for (const item of items) {
    if (!isAssistantSide(item)) turn = new Set()
    if (item.kind === 'tool-call') {
      const before = turn.has(item.id) ? open.get(item.id) : undefined
      open.set(item.id, [...(before ?? []), item])
      turn.add(item.id)
    }
    if (item.kind !== 'tool-result') continue
    const call = open.get(item.callId)?.shift()
    if (call) results.set(call, item)
  }
  return results
}

function answers(calls: readonly NumberedCall[], results: Map<ToolCallItem, ToolResultItem>): Step[] {
  return calls.map(({ call, id }) => {
    const result = results.get(call)
    return result ? { ...result, callId: id } : { kind: 'missing-result', callId: id }
  })
}
