import { randomBytes, randomInt } from 'node:crypto'
import type { StoredKey } from '../../lambda/keys/stored-key.ts'
import { hashKey } from '../../lambda/keys/verify.ts'

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** `sk-sluice-` and 43 base-62 characters, each equally likely: 256 random bits. */
export function mintKey(): string {
  return `sk-sluice-${Array.from({ length: 43 }, () => base62[randomInt(62)]).join('')}`
}

/** Ten base-32 characters (50 bits): no hyphen and no `#`, which separate the id from what follows it in the table. */
function mintKeyId(): string {
  return Array.from(randomBytes(10), (byte) => base32[byte % 32]).join('')
}

/** What is stored of a key; its id is none of `taken`. Without scopes it is for calling models. */
export function storedKey(
  key: string,
  { name, scopes }: Pick<StoredKey, 'name' | 'scopes'>,
  createdAt: Date,
  taken: readonly Pick<StoredKey, 'id'>[],
): StoredKey {
  let id = mintKeyId()
  while (taken.some((other) => other.id === id)) id = mintKeyId()
  return { id, name, hash: hashKey(key), createdAt: createdAt.toISOString(), ...(scopes && { scopes }) }
}
