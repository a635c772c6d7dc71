/** What a key can be for: calling models, reading everyone's usage. */
export const keyScopes = ['inference', 'usage:read'] as const
export type KeyScope = (typeof keyScopes)[number]

/** A gateway key as it is kept: enough to recognise it, not to use it. */
export interface StoredKey {
  id: string
  name: string
  /** SHA-256 of the key's text, lower-case hex. */
  hash: string
  /** ISO 8601, UTC. */
  createdAt: string
  /**
   * All that the key is for; without a list it is for `inference`, as keys were before there were scopes. Texts, since
   * a scope of a later version must not make the secret unreadable: what is unknown allows nothing.
   */
  scopes?: string[]
}

/** Is the key for this? */
export function allows({ scopes = ['inference'] }: Pick<StoredKey, 'scopes'>, scope: KeyScope): boolean {
  return scopes.includes(scope)
}
