import type { Block, Delta, Issuer, StreamEvent } from '../../../lambda/events/stream-event.ts'

// Builders of canonical events, and the blocks an M client ends up with.

export const begin: StreamEvent = { type: 'response-start', id: 'chatcmpl-1', model: 'm' }
export const open = (index: number, block: Block, choice?: number): StreamEvent => ({
  type: 'block-start',
  index,
  block,
  ...(choice && { choice }),
})
export const more = (index: number, delta: Delta): StreamEvent => ({ type: 'block-delta', index, delta })
export const close = (index: number): StreamEvent => ({ type: 'block-end', index })
export const said = (index: number, value: string) => more(index, { kind: 'text', text: value })
export const thought = (index: number, value: string, part = 0) => more(index, { kind: 'reasoning', text: value, part })
export const text = (index: number, value: string): StreamEvent[] => [
  open(index, { kind: 'text' }),
  said(index, value),
  close(index),
]
export const call = (index: number, name: string, tool: 'function' | 'custom' = 'function') =>
  open(index, { kind: 'tool-call', id: `call_${name}`, name, tool })
export const args = (index: number, piece: string) => more(index, { kind: 'arguments', text: piece })
export const reasoning = (issuer: Issuer, more: object = {}): Block => ({ kind: 'reasoning', issuer, ...more })
export const finish = (
  reason: Extract<StreamEvent, { type: 'finish' }>['reason'] = 'stop',
  more: object = {},
): StreamEvent[] => [{ type: 'finish', reason, ...more }, { type: 'response-end' }]

export const textOf = (value: string) => ({ type: 'text', text: value, citations: null })
export const use = (name: string, input: unknown) => ({
  type: 'tool_use',
  id: `call_${name}`,
  name,
  input,
  caller: { type: 'direct' },
})
