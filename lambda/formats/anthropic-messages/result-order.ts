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
  const results = resultsByCall(items)
  const used = new Set<Item>()
  const ids = new Set<string>()
  const steps: Step[] = []
  let calls: NumberedCall[] = []

  for (const item of items) {
    if (used.has(item)) continue
    if (calls.length > 0 && !isAssistantSide(item)) {
      steps.push(...answers(calls, results, used))
      calls = []
      if (used.has(item)) continue
    }
    if (item.kind === 'tool-call') {
      const id = numbered(item.id, ids)
      calls.push({ call: item, id })
      steps.push({ ...item, id })
      continue
    }
    // A result that stays where it is must not answer a later call with the same id.
    if (item.kind === 'tool-result') results.get(item.callId)?.shift()
    steps.push(item)
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

/** Results by call id, in order: some clients use an id again in a later turn. */
function resultsByCall(items: readonly Item[]): Map<string, ToolResultItem[]> {
  const results = new Map<string, ToolResultItem[]>()
  for (const item of items) {
    if (item.kind !== 'tool-result') continue
    const known = results.get(item.callId)
    if (known) known.push(item)
    else results.set(item.callId, [item])
  }
  return results
}

function answers(calls: readonly NumberedCall[], results: Map<string, ToolResultItem[]>, used: Set<Item>): Step[] {
  return calls.map(({ call, id }) => {
    const result = results.get(call.id)?.shift()
    if (!result) return { kind: 'missing-result', callId: id }
    used.add(result)
    return { ...result, callId: id }
  })
}
