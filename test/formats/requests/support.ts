import { expect } from 'vitest'
import { GatewayFault } from '../../../lambda/errors.ts'
import { Losses, type RequestLoss } from '../../../lambda/events/losses.ts'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { capabilitiesOf } from '../../../lambda/providers/models.ts'
import { type Quirks, quirksOf } from '../../../lambda/providers/quirks.ts'
import { codecs } from '../../support/codecs.ts'

// Rows of the request tables: a client's fields, and what each upstream is sent, loses or is never asked.

export type Outcome =
  /** Fields the body must have; `undefined`: must not have. `losses` are all there are. */
  { kind: 'sent'; fields: JsonObject; losses: RequestLoss[] } | { kind: 'refused'; param: string }

export function sent(fields: JsonObject, ...losses: RequestLoss[]): Outcome {
  return { kind: 'sent', fields, losses }
}

/** Nothing of the field is left but its loss. */
export function lost(...losses: RequestLoss[]): Outcome {
  return { kind: 'sent', fields: {}, losses }
}

export function refused(param: string): Outcome {
  return { kind: 'refused', param }
}

export interface Row {
  name: string
  /** Laid over a request that says nothing else. */
  send: JsonObject
  headers?: Record<string, string>
  /** The upstream's model, whose capabilities decide; unknown unless said. */
  model?: string
  quirks?: Quirks
  c?: Outcome
  m?: Outcome
  r?: Outcome
}

const targets = { c: 'openai-chat', m: 'anthropic-messages', r: 'openai-responses' } as const satisfies Record<
  string,
  FormatId
>

/** The official providers. */
const providers = {
  'openai-chat': { id: 'openai', baseUrl: 'https://api.openai.com/v1' },
  'anthropic-messages': { id: 'anthropic', baseUrl: 'https://api.anthropic.com' },
  'openai-responses': { id: 'openai', baseUrl: 'https://api.openai.com/v1' },
} as const satisfies Record<FormatId, object>

const bases: Record<FormatId, JsonObject> = {
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
  'anthropic-messages': { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] },
  'openai-responses': { model: 'm', input: 'Hi' },
}

export interface Case {
  row: Row
  to: FormatId
  expected: Outcome
}

/** One case for each upstream a row speaks of, named by both. */
export function casesOf(rows: readonly Row[]): Array<readonly [name: string, each: Case]> {
  return rows.flatMap((row) =>
    (['c', 'm', 'r'] as const).flatMap((letter) => {
      const expected = row[letter]
      const name = `${row.name} → ${letter.toUpperCase()}`
      return expected ? [[name, { row, to: targets[letter], expected }] as const] : []
    }),
  )
}

interface Written {
  body: JsonObject
  losses: string[]
}

/** The way a request takes through the gateway, without the network. */
export function convert(
  from: FormatId,
  to: FormatId,
  { send, headers = {}, model, quirks }: Omit<Row, 'name'>,
): Written {
  const losses = new Losses()
  const body = { ...bases[from], ...send }
  const before = JSON.stringify(body)
  const request = codecs[from].readRequest(body, { headers, losses })
  const name = model ?? 'unheard-of'
  const written = codecs[to].writeRequest(request, {
    model: name,
    capabilities: capabilitiesOf(name),
    quirks: quirks ?? quirksOf(providers[to]),
    losses,
  })
  expect(JSON.stringify(body), 'the client’s own body').toBe(before)
  // What the gateway sends is what JSON makes of it.
  return { body: JSON.parse(JSON.stringify(written.body)) as JsonObject, losses: losses.list() }
}

export function check(from: FormatId, { row, to, expected }: Case): void {
  if (expected.kind === 'refused') {
    const fault = faultOf(() => convert(from, to, row))
    expect(fault.error).toMatchObject({ code: 'invalid_request', param: expected.param })
    return
  }
  const { body, losses } = convert(from, to, row)
  for (const [field, value] of Object.entries(expected.fields)) {
    if (value === undefined) expect(body).not.toHaveProperty(field)
    else expect(body[field], field).toEqual(value)
  }
  expect(losses).toEqual([...expected.losses].sort())
}

function faultOf(run: () => unknown): GatewayFault {
  let result: unknown
  try {
    result = run()
  } catch (fault) {
    if (fault instanceof GatewayFault) return fault
    throw fault
  }
  throw new Error(`was not refused: ${JSON.stringify(result)}`)
}
