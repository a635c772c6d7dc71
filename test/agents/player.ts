import type { Format } from '../support/upstream/format.ts'
import type { Speaker, WireCall } from './turns.ts'

export type Body = Record<string, unknown>

/** What a tool of the agent answered; `error` where it failed. */
export interface ToolResult {
  /** Which of the agent's calls, by its place in turn one. */
  call: number
  /** Several parts, where the agent sends such. */
  text: string | readonly string[]
  error?: true
}

/** An agent as a test plays it: what it sends, and what it makes of an answer. */
export interface Player {
  client: Format
  /** Over the credentials. */
  headers: Record<string, string>
  /** With the query, where the agent sends one. */
  path: string
  /** The first request. */
  first(model: string): Body
  /** Its tools as each upstream calls them, in the words in which they are offered there. */
  calls: Record<Speaker, readonly WireCall[]>
  /** The same calls as the agent must see them. */
  visible: readonly WireCall[]
  /** In the order in which the agent sends them. */
  results: readonly ToolResult[]
  /** The second request: the first one's history, the answer as the agent keeps it, the results. */
  next(first: Body, answer: string): Promise<Body>
  /** The calls in an answer, as the agent sees them. */
  readCalls(answer: string): Promise<WireCall[]>
}
