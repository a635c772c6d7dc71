import { describe, expect, test } from 'vitest'
import { type Envelope, seal, unseal } from '../../lambda/events/envelope.ts'
import { clampCallId, derivedId, mintId, uuidV7 } from '../../lambda/events/ids.ts'

// What clients store without looking into it, and send back: sealed reasoning and ids.

const sealedBody = (body: unknown, letter = 'a') =>
  `sluice1.${letter}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`

describe('an envelope', () => {
  const envelopes: Envelope[] = [
    { issuer: 'anthropic', value: 'c2ln' },
    { issuer: 'openai', value: 'x', id: 'rs_1', kind: 'encrypted' },
    { issuer: 'bedrock', value: 'x', kind: 'redacted' },
    { issuer: 'google', value: '', text: ['Hm.', ''] },
    { issuer: 'xai', value: 'Grüße …' },
    { issuer: 'unknown', value: 'x', text: [] },
  ]
  test.each(envelopes)('comes back as it was: $issuer', (envelope) => {
    expect(unseal(seal(envelope))).toEqual(envelope)
  })

  test('has letters that older histories were sealed with', () => {
    const letters = envelopes.map((envelope) => [envelope.issuer, seal(envelope).split('.')[1]])
    expect(Object.fromEntries(letters)).toEqual({
      anthropic: 'a',
      openai: 'o',
      google: 'g',
      bedrock: 'b',
      xai: 'x',
      unknown: 'u',
    })
  })

  test('does not name the usual kind', () => {
    expect(seal({ issuer: 'anthropic', value: 'v', kind: 'signature' })).toBe(sealedBody({ v: 'v' }))
  })

  test.each([
    ['a provider’s own value', 'EqQBCkgIARABGAIiQL8'],
    ['a value of the same form', sealedBody({ v: 'x' }).replace('sluice1', 'other1')],
    ['the prefix alone', 'sluice1.'],
    ['no body', 'sluice1.a'],
    ['an issuer nobody knows', sealedBody({ v: 'x' }, 'z')],
    ['a body that was cut', sealedBody({ v: 'xyz' }).slice(0, -4)],
    ['a body without a value', sealedBody({ t: ['x'] })],
    ['a value that is no text', sealedBody({ v: 5 })],
    ['a body that is no object', sealedBody(null)],
  ])('is not %s', (_name, value) => {
    expect(unseal(value)).toBeUndefined()
  })

  test('that a client changed gives what is still of the right type', () => {
    const changed = sealedBody({ v: 'x', t: ['a', 1, null, 'b'], id: 7, kind: 'other' })
    expect(unseal(changed)).toStrictEqual({ issuer: 'anthropic', value: 'x', text: ['a', 'b'] })
    expect(unseal(sealedBody({ v: 'x', t: 'a' }))).toStrictEqual({ issuer: 'anthropic', value: 'x' })
  })
})

describe('ids', () => {
  test('a minted one has its prefix, the length asked for, and no equal', () => {
    const ids = Array.from({ length: 200 }, () => mintId('msg_'))
    expect(new Set(ids).size).toBe(200)
    for (const id of ids) expect(id).toMatch(/^msg_[0-9A-Za-z]{24}$/)
    expect(mintId('chatcmpl-', 29)).toMatch(/^chatcmpl-[0-9A-Za-z]{29}$/)
  })

  test('a derived one depends on nothing but its seed', () => {
    expect(derivedId('fc_', 'a')).toMatch(/^fc_[0-9a-f]{48}$/)
    expect(derivedId('fc_', 'a')).toBe(derivedId('fc_', 'a'))
    expect(derivedId('fc_', 'a')).not.toBe(derivedId('fc_', 'b'))
  })

  test.each(['call_1', 'toolu_AZ-09', 'x', 'a'.repeat(64)])('a call id that fits stays: %s', (id) => {
    expect(clampCallId(id)).toBe(id)
  })

  test.each(['', 'a:0', 'a b', 'a'.repeat(65), `${'ü'.repeat(30)}${'a'.repeat(40)}`, '\ncall', 'call\n'])(
    'a call id that does not fit (%j) becomes one that does, the same each time and no other’s',
    (id) => {
      expect(clampCallId(id)).toMatch(/^[A-Za-z0-9_-]{0,47}_[0-9a-f]{16}$/)
      expect(clampCallId(id).slice(0, -17)).toBe(id.slice(0, 47).replaceAll(/[: ü\n]/g, '_'))
      expect(clampCallId(id)).toBe(clampCallId(id))
      expect(clampCallId(`${id}!`)).not.toBe(clampCallId(id))
    },
  )

  test('a request id is a UUID of version 7 that holds its time, and no other’s', () => {
    const now = Date.UTC(2026, 4, 1, 23, 59, 59, 999)
    const id = uuidV7(now)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(now)
    expect(uuidV7(now)).not.toBe(id)
    expect(uuidV7(1) < uuidV7(now)).toBe(true)
  })
})
