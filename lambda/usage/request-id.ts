/** What a request id tells by itself. */
export interface RequestIdParts {
  keyId: string
  /** UUID version 7: as text it sorts by time. */
  uuid: string
  /** When the request came, milliseconds since 1970: the first 48 bits of the UUID. */
  at: number
}

const form = /^([A-Za-z0-9_]{1,64})-([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** @returns undefined if it is no request id of this gateway */
export function readRequestId(requestId: string): RequestIdParts | undefined {
  const [, keyId, uuid] = form.exec(requestId) ?? []
  if (keyId === undefined || uuid === undefined) return undefined
  return { keyId, uuid, at: Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16) }
}

/** The UUID part of a request id: requests of all keys sort by it. */
export function uuidOf(requestId: string): string {
  return requestId.slice(-36)
}

/** A text before every UUID of that millisecond and after all of the one before. */
export function uuidFloor(at: number): string {
  const time = Math.max(0, at).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7`
}
