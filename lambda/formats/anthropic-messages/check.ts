import { invalidRequest } from '../../errors.ts'
import { asArray, asNumber, asObject, asString } from '../../events/json.ts'
import type { JsonObject } from '../../events/request.ts'

// A wrong type in a client's request is named with its place, as Anthropic's own 400 does.

/** @throws GatewayFault invalid_request */
export function readObject(value: unknown, param: string): JsonObject {
  return asObject(value) ?? wrong(param, 'an object')
}

/** @throws GatewayFault invalid_request */
export function readArray(value: unknown, param: string): unknown[] {
  return asArray(value) ?? wrong(param, 'an array')
}

/** @throws GatewayFault invalid_request */
export function readString(value: unknown, param: string): string {
  return asString(value) ?? wrong(param, 'a string')
}

/** @throws GatewayFault invalid_request */
export function readNumber(value: unknown, param: string): number {
  return asNumber(value) ?? wrong(param, 'a number')
}

function wrong(param: string, expected: string): never {
  throw invalidRequest(`${param} must be ${expected}.`, param)
}
