import type { Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'

/** Which deltas a block may have; anything may carry what only its own format understands. */
const deltasOf: Record<Block['kind'], readonly Delta['kind'][]> = {
  text: ['text', 'annotation'],
  reasoning: ['reasoning', 'signature', 'encrypted'],
  'tool-call': ['arguments', 'signature'],
  refusal: ['refusal'],
  'server-tool': ['arguments'],
  audio: ['audio'],
  image: ['image'],
  native: [],
}

interface State {
  started: boolean
  over: boolean
  blocks: Map<number, { kind: Block['kind']; choice: number; open: boolean }>
  finished: Set<number>
  problems: string[]
}

/** Departures from the grammar every decoder promises (lambda/events/stream-event.ts); none: it is good. */
export function canonicalProblems(events: readonly StreamEvent[]): string[] {
  const state: State = { started: false, over: false, blocks: new Map(), finished: new Set(), problems: [] }
  const { problems } = state
  for (const event of events) {
    if (state.over) problems.push(`${event.type} after the end`)
    // A provider may ping, or say what only it understands, before its answer begins.
    if (!state.started && !['response-start', 'error', 'native'].includes(event.type)) {
      problems.push(`${event.type} before response-start`)
    }
    check(event, state)
  }
  if (!state.over) problems.push('no terminal event')
  return problems
}

function check(event: StreamEvent, state: State): void {
  const { problems, blocks, finished } = state
  switch (event.type) {
    case 'response-start':
      if (state.started) problems.push('a second response-start')
      state.started = true
      return
    case 'block-start': {
      const choice = event.choice ?? 0
      if (event.index !== blocks.size) problems.push(`block ${event.index} instead of ${blocks.size}`)
      if (finished.has(choice)) problems.push('a block after its choice has finished')
      blocks.set(event.index, { kind: event.block.kind, choice, open: true })
      return
    }
    case 'block-delta': {
      const block = blocks.get(event.index)
      if (!block?.open) problems.push(`a delta of block ${event.index}, which is not open`)
      if (block && block.choice !== (event.choice ?? 0)) problems.push('a delta of another choice than its block')
      const { kind } = event.delta
      if (block && kind !== 'native' && !deltasOf[block.kind].includes(kind)) problems.push(`${kind} in ${block.kind}`)
      return
    }
    case 'block-end': {
      const block = blocks.get(event.index)
      if (!block?.open) problems.push(`an end of block ${event.index}, which is not open`)
      else block.open = false
      return
    }
    case 'finish':
      if (finished.has(event.choice ?? 0)) problems.push('a second finish of a choice')
      if ([...blocks.values()].some((block) => block.open && block.choice === (event.choice ?? 0))) {
        problems.push('a finish while a block of its choice is open')
      }
      finished.add(event.choice ?? 0)
      return
    case 'response-end':
      if (finished.size === 0) problems.push('response-end without finish')
      state.over = true
      return
    case 'error':
      state.over = true
      return
    case 'usage':
    case 'native':
  }
}
