import { createHash, randomBytes, randomUUID } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `prefix` + `length` random base-62 characters: the form of OpenAI's and Anthropic's ids. */
export type MintId = (prefix: string, length?: number) => string

export const mintId: MintId = (prefix, length = 24) => {
  let id = prefix
  // A byte modulo 62 favours the first characters a little; ids need to be distinct, not unguessable.
  for (const byte of randomBytes(length)) id += alphabet[byte % 62]
  return id
}

/** `prefix` + 48 hex digits that depend on nothing but `seed`: a stream that is made again repeats its ids. */
export function derivedId(prefix: string, seed: string): string {
  return prefix + createHash('sha256').update(seed).digest('hex').slice(0, 48)
}

const legalCallId = /^[A-Za-z0-9_-]{1,64}$/

/**
 * A call id every format accepts (`[A-Za-z0-9_-]`, 64 at most). Legal ids pass unchanged. The rest is a pure function
 * of the original, so that a call and its result, translated in different requests, still agree without any state.
 */
export function clampCallId(id: string): string {
  if (legalCallId.test(id)) return id
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 16)
  return `${id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 47)}_${hash}`
}

/** UUID version 7 (RFC 9562): sorts by time. */
export function uuidV7(now: number): string {
  const time = now.toString(16).padStart(12, '0')
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
