import { expect } from 'vitest'
import { type Reply, type Way, ways } from './gateway.ts'
import { checkError } from './grammar/index.ts'
import { type Format, formats } from './upstream/format.ts'

export interface Direction {
  client: Format
  upstream: Format
  way: Way
}

/** All nine pairs, each in every way. */
export const directions: Direction[] = formats.flatMap((upstream) =>
  formats.flatMap((client) => ways.map((way) => ({ client, upstream, way }))),
)

/** For the name of a test. */
export function title({ client, upstream }: { client: Format; upstream: Format }): string {
  return `${client} client, ${upstream} provider`
}

/** The pairs, without the ways. */
export const pairs: Omit<Direction, 'way'>[] = formats.flatMap((upstream) =>
  formats.map((client) => ({ client, upstream })),
)

/** An error answer that the gateway wrote: a status from 400 up with the error body of the client’s format. */
export function expectFailure(reply: Reply, client: Format, status: number | number[], message?: string): void {
  expect([status].flat(), reply.text.slice(0, 2000)).toContain(reply.status)
  expect(reply.header('content-type')).toMatch(/^application\/json/)
  expect(checkError(client, reply.status, reply.text), reply.text).toEqual([])
  if (message !== undefined) expect(reply.failure().message).toContain(message)
}

/** A streamed answer that ended in an error in band: never as a success, and with nothing behind it. */
export function expectBroken(reply: Reply, message?: string): void {
  expect(reply.status, reply.text.slice(0, 2000)).toBe(200)
  expect(reply.text).not.toMatch(/\[DONE\]|message_stop|response\.completed|"finish_reason":"|"stop_reason":"/)
  const { error } = reply.read()
  expect(error, reply.text.slice(0, 5000)).not.toBeNull()
  if (message !== undefined) expect(error?.message).toContain(message)
}

/** Either of the two, where the contract leaves the choice. */
export function expectNoSuccess(reply: Reply, client: Format): void {
  if (reply.status === 200) expectBroken(reply)
  else {
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(checkError(client, reply.status, reply.text), reply.text).toEqual([])
  }
}
