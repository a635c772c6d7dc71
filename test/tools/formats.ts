import type { FormatId } from '../../lambda/formats/codec.ts'
import { UsageError } from './cli.ts'
import { saidBy, splitEvents } from './independent-reader.ts'

export const formatIds: readonly FormatId[] = ['openai-chat', 'anthropic-messages', 'openai-responses']

/** One letter a format, as the tables print it. */
export const letters = { 'openai-chat': 'C', 'anthropic-messages': 'M', 'openai-responses': 'R' } as const

const shortNames: Readonly<Record<string, FormatId>> = {
  chat: 'openai-chat',
  c: 'openai-chat',
  messages: 'anthropic-messages',
  anthropic: 'anthropic-messages',
  m: 'anthropic-messages',
  responses: 'openai-responses',
  r: 'openai-responses',
}

/** A format by its id, its last word, or its letter; undefined if it is none. */
export function formatNamed(name: string): FormatId | undefined {
  const known = formatIds.find((id) => id === name)
  return known ?? shortNames[name.toLowerCase()]
}

/** What a recording turned out to be; `none` names what it looks like instead. */
export type Detected = { kind: 'format'; format: FormatId } | { kind: 'none'; looksLike: string }

/** The wire format of a body, by what its first telling event says, never by a file's name. */
export function detectFormat(body: string): Detected {
  for (const event of splitEvents(body)) {
    const said = saidBy(event)
    // Only chat says nothing but that it is over.
    if (said.kind === 'done') return found('openai-chat')
    if (said.kind !== 'json') continue
    const { type, choices, candidates, setupComplete, serverContent, error, object } = said.value
    if (typeof type === 'string') {
      if (type.startsWith('response.') || type === 'keepalive') return found('openai-responses')
      if (messagesTypes.has(type)) return found('anthropic-messages')
      const endpoint = otherEndpoints.find(([prefix]) => type.startsWith(prefix))
      if (endpoint) return { kind: 'none', looksLike: endpoint[1] }
    }
    if (Array.isArray(choices)) {
      return object === 'text_completion'
        ? { kind: 'none', looksLike: 'legacy text completions' }
        : found('openai-chat')
    }
    if (candidates || setupComplete || serverContent) return { kind: 'none', looksLike: 'Gemini' }
    // An answer that failed at once: the formats differ in what else the event says.
    if (type === 'error') return found('sequence_number' in said.value ? 'openai-responses' : 'anthropic-messages')
    if (error) return found('openai-chat')
  }
  return { kind: 'none', looksLike: 'nothing known' }
}

/** OpenAI's other endpoints, which are relayed only, by the prefix of their event types. */
const otherEndpoints = [
  ['speech.', 'speech'],
  ['transcript.', 'a transcription'],
  ['image_generation.', 'image generation'],
  ['image_edit.', 'an image edit'],
] as const

const messagesTypes = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'ping',
])

function found(format: FormatId): Detected {
  return { kind: 'format', format }
}

/** The format of an option. @throws UsageError if it is none */
export function chosenFormat(option: string, name: string): FormatId {
  const format = formatNamed(name)
  if (!format) throw new UsageError(`${option} ${name} is no format. Choose one of ${formatIds.join(', ')}.`)
  return format
}

/** The format of a file's content. @throws UsageError if it cannot be told */
export function detectedFormat(path: string, body: string): FormatId {
  const detected = detectFormat(body)
  if (detected.kind === 'format') return detected.format
  throw new UsageError(`${path} looks like ${detected.looksLike}. If you know better, say --from <format>.`)
}
