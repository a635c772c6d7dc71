import type { Counts } from '../upstream/reply.ts'

/** What a client found in an answer, streamed or whole, in any format. Written without the gateway's own code. */
export interface Answer {
  text: string
  reasoning: string
  refusal: string
  calls: Call[]
  /** Kinds of content in the order they began; for a whole chat object, which has none, undefined. */
  order?: Kind[]
  /** In the client's words; a Responses status, with the reason of an incomplete one behind a slash. Null: none came. */
  finish: string | null
  /** The stop sequence that Messages names. */
  stopSequence?: string | null
  /** Null: the answer tells none. */
  usage: Counts | null
  citations: { url: string; title: string | null }[]
  /** Whatever carries a provider's seal of its reasoning, as it stands in the answer. */
  seals: string[]
  /** An error in band. */
  error: { message: string; type: string | null; code: string | null } | null
}

export type Kind = 'text' | 'refusal' | 'reasoning' | 'call'

export interface Call {
  id: string
  name: string
  /** As text; a Messages object's input in compact JSON. */
  arguments: string
}

export function emptyAnswer(): Answer & { order: Kind[] } {
  return {
    text: '',
    reasoning: '',
    refusal: '',
    calls: [],
    order: [],
    finish: null,
    usage: null,
    citations: [],
    seals: [],
    error: null,
  }
}

/** Notes that content of a kind goes on, or begins. */
export function follow(order: Kind[], kind: Kind): void {
  if (order.at(-1) !== kind) order.push(kind)
}
