/**
 * What a provider's model says, without a format: the builders beside this file write it as Chat Completions, Messages
 * or Responses events. `format.ts` picks one.
 */
export interface Reply {
  parts: Part[]
  /** Default: `tools` if there is a call, else `natural`. */
  finish?: Finish
  /** Null: the provider reports none. */
  usage?: Counts | null
}

export type Part =
  | { kind: 'text'; deltas: string[] }
  | { kind: 'refusal'; deltas: string[] }
  | { kind: 'thinking'; deltas: string[]; signature?: string }
  | { kind: 'call'; id: string; name: string; pieces: string[] }

export type Finish = 'natural' | 'tools' | 'limit' | 'filter'

/** Disjoint counts, as the gateway should record them. */
export interface Counts {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning?: number
}

/** Of the baseline replies B-C and B-R; B-M has 4 cache writes more. */
export const baselineCounts: Counts = { input: 15, cacheRead: 10, cacheWrite: 0, output: 42 }

export function text(...deltas: string[]): Part {
  return { kind: 'text', deltas }
}

export function refusal(...deltas: string[]): Part {
  return { kind: 'refusal', deltas }
}

export function thinking(deltas: string[], signature?: string): Part {
  return { kind: 'thinking', deltas, ...(signature !== undefined && { signature }) }
}

/** A call of a client's tool; `pieces` are the fragments of its argument text. */
export function call(id: string, name: string, ...pieces: string[]): Part {
  return { kind: 'call', id, name, pieces }
}

/** `tok0 tok1 tok2 `, one delta a token. */
export const baseline: Reply = { parts: [text('tok0 ', 'tok1 ', 'tok2 ')] }

export function finishOf({ parts, finish }: Reply): Finish {
  return finish ?? (parts.some(({ kind }) => kind === 'call') ? 'tools' : 'natural')
}

/** Cuts a text every `size` UTF-16 units. */
export function cut(source: string, size: number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < source.length; at += size) pieces.push(source.slice(at, at + size))
  return pieces
}
