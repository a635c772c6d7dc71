import { createHash, timingSafeEqual } from 'node:crypto'
import { GatewayFault } from '../errors.ts'
import type { SecretSource } from './secret.ts'
import { allows, type KeyScope, type StoredKey } from './stored-key.ts'

/** Lower-case names. */
type Headers = Readonly<Record<string, string | undefined>>

/** Who sent a request: goes into its id and record. */
export type KeyHolder = Pick<StoredKey, 'id' | 'name'>

/** The key as a client's SDK sends it: OpenAI's as a bearer token, Anthropic's in `x-api-key`, Azure's in `api-key`. */
export function presentedKey(headers: Headers): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return bearer || headers['x-api-key']?.trim() || headers['api-key']?.trim() || undefined
}

/** SHA-256, lower-case hex: what is stored of a key. A key has 256 random bits, so that no slow hash is needed. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Finds the key, comparing with every hash and each in constant time: how long it takes tells nothing. */
export function verifyKey(presented: string, keys: readonly StoredKey[]): StoredKey | undefined {
  const hash = Buffer.from(hashKey(presented), 'hex')
  let found: StoredKey | undefined
  for (const key of keys) if (timingSafeEqual(hash, Buffer.from(key.hash, 'hex'))) found = key
  return found
}

export interface Keyring {
  /**
   * @throws GatewayFault `authentication`; `permission` if the key is for something else; `overloaded` with status 503
   *   while the keys cannot be read
   */
  verify(headers: Headers): Promise<KeyHolder>
}

/** An unknown key makes the secret be read again if the keys are older than this: it may have been made just now. */
const unknownKeyMs = 5_000

/** @param scope what a key must be for, to pass */
export function createKeyring(source: SecretSource, scope: KeyScope = 'inference'): Keyring {
  return {
    async verify(headers) {
      const presented = presentedKey(headers)
      if (presented === undefined) throw unauthorized(missingKey)
      const known =
        verifyKey(presented, (await source.get()).keys) ??
        verifyKey(presented, (await source.refreshIfOlderThan(unknownKeyMs)).keys)
      if (!known) throw unauthorized(unknownKey)
      if (!allows(known, scope)) throw new GatewayFault({ code: 'permission', message: wrongScope[scope] })
      return { id: known.id, name: known.name }
    },
  }
}

const missingKey =
  'A gateway key is needed: send it as "Authorization: Bearer <key>" or "x-api-key: <key>". ' +
  'Whoever runs this gateway makes one with "npm run keys -- create <name>".'
const unknownKey =
  'This gateway key is not known here, or it was revoked. A provider’s own key does not work either: ' +
  'whoever runs this gateway makes a gateway key with "npm run keys -- create <name>".'

const wrongScope = {
  inference:
    'This gateway key may not call models. Whoever runs this gateway makes one that may with ' +
    '"npm run keys -- create <name>".',
  'usage:read':
    'This gateway key may not read usage. Whoever runs this gateway makes one that may with ' +
    '"npm run keys -- create <name> --scope usage:read".',
} as const satisfies Record<KeyScope, string>

function unauthorized(message: string): GatewayFault {
  return new GatewayFault({ code: 'authentication', message })
}
