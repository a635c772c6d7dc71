import type { Issuer } from './stream-event.ts'

/**
 * Carries one provider's opaque reasoning (signature, redacted data, encrypted content) through another format's opaque
 * field, so that it comes back byte for byte when the client replays its history:
 * `sluice1.<issuer>.<base64url of JSON {v: value, t?: text, id?, kind?}>`.
 */
export interface Envelope {
  issuer: Issuer
  /** The original value, unchanged. */
  value: string
  /** The original text, one entry a part, where the format in between may alter or drop it. */
  text?: string[]
  /** The original item id. */
  id?: string
  /** What `value` is; `signature` unless said. */
  kind?: 'signature' | 'encrypted' | 'redacted'
}

const letters = {
  anthropic: 'a',
  openai: 'o',
  google: 'g',
  bedrock: 'b',
  xai: 'x',
  unknown: 'u',
} as const satisfies Record<Issuer, string>
const issuers = new Map<string, Issuer>(Object.entries(letters).map(([issuer, letter]) => [letter, issuer as Issuer]))

export function seal(envelope: Envelope): string {
  const { issuer, value, text, id, kind } = envelope
  const body = { v: value, ...(text && { t: text }), ...(id && { id }), ...(kind && kind !== 'signature' && { kind }) }
  return `sluice1.${letters[issuer]}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`
}

/** The envelope in an opaque field, or undefined if the field holds something else (the target's own value). */
export function unseal(sealed: string): Envelope | undefined {
  if (!sealed.startsWith('sluice1.')) return undefined
  const [, letter = '', body = ''] = sealed.split('.')
  const issuer = issuers.get(letter)
  if (!issuer) return undefined
  try {
    const { v, t, id, kind } = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    if (typeof v !== 'string') return undefined
    return {
      issuer,
      value: v,
      ...(Array.isArray(t) && { text: t.filter((part) => typeof part === 'string') }),
      ...(typeof id === 'string' && { id }),
      ...((kind === 'encrypted' || kind === 'redacted') && { kind }),
    }
  } catch {
    return undefined // a client that cut or altered it: the reasoning is lost, the request is not
  }
}
