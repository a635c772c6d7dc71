import type { Item, Part, Tool } from '../../../lambda/events/request.ts'

// Builders: canonical items as a reader makes them, and the wire blocks they become.

export const text = (value: string): Part => ({ kind: 'text', text: value })
export const message = (role: 'system' | 'developer' | 'user' | 'assistant', ...parts: Part[]): Item => ({
  kind: 'message',
  role,
  parts,
})
export const user = message('user', text('Hi'))
export const call = (id: string, args = '{}', name = 'f'): Item => ({
  kind: 'tool-call',
  id,
  name,
  tool: 'function',
  arguments: args,
})
export const result = (callId: string, value = 'ok'): Item => ({
  kind: 'tool-result',
  callId,
  tool: 'function',
  parts: [text(value)],
})
export const thought = (more: object = {}): Item => ({
  kind: 'reasoning',
  issuer: 'anthropic',
  parts: ['hm'],
  signature: 'Eq==',
  ...more,
})
export const tool = (name: string, more: object = {}): Tool => ({
  kind: 'function',
  name,
  parameters: { type: 'object', properties: {} },
  ...more,
})

export const textBlock = (value: string) => ({ type: 'text', text: value })
export const use = (id: string, input: unknown = {}, name = 'f') => ({ type: 'tool_use', id, name, input })
export const answer = (tool_use_id: string, content = 'ok') => ({ type: 'tool_result', tool_use_id, content })
export const turn = (role: string, ...content: unknown[]) => ({ role, content })
