import { seal, unseal } from '../../events/envelope.ts'
import type { Part, ReasoningItem } from '../../events/request.ts'
import type { Block, Delta } from '../../events/stream-event.ts'
import type { BlockWriter, ChoiceState, Piece } from './block-writer.ts'
import { encryptsWholeBlocks } from './reasoning-format.ts'

/**
 * Reasoning as part of `content`, for clients that keep nothing else of an answer:
 * `<thinking signature="…">…</thinking>` and a blank line. `&`, `<` and `"` are escaped as in XML, so that what stands
 * inside can imitate no tag and comes back byte for byte. The signature is Claude's own, the gateway's envelope for
 * whatever another provider must get back, or empty. Only on request: header `x-sluice-reasoning: text`, or the
 * operator's `SLUICE_REASONING_TEXT`.
 */
const tag = /<thinking signature="([^"<]*)">([^<]*)<\/thinking>(?:\n\n)?/g

const escapes = { '&': '&amp;', '<': '&lt;', '"': '&quot;' } as const

function escaped(text: string): string {
  return text.replace(/[&<"]/g, (character) => escapes[character as keyof typeof escapes])
}

const characters: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&quot;': '"' }

function unescaped(text: string): string {
  return text.replace(/&(?:amp|lt|quot);/g, (entity) => characters[entity] ?? entity)
}

/** A reasoning item as text; '' if there is nothing in it. */
export function writeThinkingText(item: Omit<ReasoningItem, 'kind'>): string {
  const signature = signatureFor(item)
  const text = item.parts.join('\n\n')
  if (signature === '' && text === '') return ''
  return `<thinking signature="${escaped(signature)}">${escaped(text)}</thinking>\n\n`
}

function signatureFor({ issuer, id, parts, signature, encrypted, redacted }: Omit<ReasoningItem, 'kind'>): string {
  const value = signature ?? encrypted
  if (value === undefined) return ''
  if (signature !== undefined && encryptsWholeBlocks(issuer)) return signature
  const kind = redacted ? 'redacted' : signature === undefined ? 'encrypted' : 'signature'
  // One part comes back as it is; several are one text by then.
  return seal({ issuer, value, kind, ...(id !== undefined && { id }), ...(parts.length > 1 && { text: parts }) })
}

/** An assistant's text of the history, taken apart in order again. Anything that is not such a tag is text. */
export function readThinkingText(content: string): Array<ReasoningItem | Extract<Part, { kind: 'text' }>> {
  const read: Array<ReasoningItem | Extract<Part, { kind: 'text' }>> = []
  let at = 0
  const textUntil = (end: number) => {
    if (end > at) read.push({ kind: 'text', text: content.slice(at, end) })
  }
  for (const match of content.matchAll(tag)) {
    textUntil(match.index)
    read.push(reasoningOf(unescaped(match[1] ?? ''), unescaped(match[2] ?? '')))
    at = match.index + match[0].length
  }
  textUntil(content.length)
  return read
}

function reasoningOf(signature: string, text: string): ReasoningItem {
  const parts = text === '' ? [] : [text]
  if (signature === '') return { kind: 'reasoning', issuer: 'unknown', parts }
  const envelope = unseal(signature)
  if (!envelope) return { kind: 'reasoning', issuer: 'anthropic', parts, signature }
  const { issuer, id, value, kind } = envelope
  return {
    kind: 'reasoning',
    issuer,
    ...(id !== undefined && { id }),
    parts: envelope.text ?? parts,
    ...(kind === 'encrypted' || kind === 'redacted' ? { encrypted: value } : { signature: value }),
    ...(kind === 'redacted' && { redacted: true }),
  }
}

/** Holds a block until its end, since the signature, which comes last, stands first in the text. */
export class ThinkingTextWriter implements BlockWriter {
  readonly opening = undefined
  readonly #choice: ChoiceState
  #item: Omit<ReasoningItem, 'kind'>

  constructor({ issuer, id, redacted }: Extract<Block, { kind: 'reasoning' }>, choice: ChoiceState) {
    this.#choice = choice
    this.#item = { issuer, parts: [], ...(id !== undefined && { id }), ...(redacted && { redacted }) }
  }

  write(delta: Delta): Piece | undefined {
    const item = this.#item
    switch (delta.kind) {
      case 'reasoning':
        item.parts[delta.part] = (item.parts[delta.part] ?? '') + delta.text
        return undefined
      case 'signature':
        this.#item = { ...item, signature: delta.value, issuer: delta.issuer ?? item.issuer }
        return undefined
      case 'encrypted': {
        const id = delta.id ?? item.id
        this.#item = {
          ...item,
          encrypted: delta.value,
          issuer: delta.issuer ?? item.issuer,
          ...(id !== undefined && { id }),
        }
        return undefined
      }
      default:
        return undefined
    }
  }

  close(): string | undefined {
    const parts = this.#item.parts.filter((part) => part !== undefined && part !== '')
    const text = writeThinkingText({ ...this.#item, parts })
    if (text === '') return undefined
    this.#choice.contentLength += text.length
    return JSON.stringify({ content: text })
  }
}
