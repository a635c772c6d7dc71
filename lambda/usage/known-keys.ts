import { keyListPartition } from '../metrics/dynamo-key-list.ts'
import { pagesOf, type TableReader } from './table-reader.ts'

export interface NamedKey {
  id: string
  name: string
}

/** A key whose usage can be read. */
export interface KnownKey {
  id: string
  /** Null for a key that was revoked, since its name went with it, and for `anonymous`. */
  name: string | null
  state: 'active' | 'revoked' | 'anonymous'
}

/** Requests without a valid key are on record under this id. */
const anonymous: KnownKey = { id: 'anonymous', name: null, state: 'anonymous' }

/**
 * Every key with usage: those of the secret, those that are only in the table's list (revoked since), and whoever had
 * none. Sorted by id.
 */
export async function knownKeys(table: TableReader, current: readonly NamedKey[]): Promise<KnownKey[]> {
  const found = new Map<string, KnownKey>([[anonymous.id, anonymous]])
  for await (const { items } of pagesOf(table, { pk: keyListPartition })) {
    for (const { sk } of items) {
      if (sk?.S && sk.S !== anonymous.id) found.set(sk.S, { id: sk.S, name: null, state: 'revoked' })
    }
  }
  for (const { id, name } of current) found.set(id, { id, name, state: 'active' })
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
