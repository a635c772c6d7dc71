import { describe, expect, test } from 'vitest'
import { SettingsError } from '../../lambda/config.ts'
import { readSecret } from '../../lambda/keys/secret-values.ts'

const hash = 'a'.repeat(64)
const key = { id: 'abc', name: 'mine', hash, createdAt: '2026-01-01T00:00:00.000Z' }
const custom = { id: 'conly', formats: ['openai-chat'], baseUrl: 'http://127.0.0.1:9100/v1', apiKey: 'k' }
const openai = {
  id: 'openai',
  formats: [
    'openai-chat',
    'openai-responses',
    'openai-completions',
    'openai-embeddings',
    'openai-speech',
    'openai-transcription',
    'openai-images',
  ],
  baseUrl: 'https://api.openai.com/v1',
  apiKey: 'sk-1',
}
const anthropic = {
  id: 'anthropic',
  formats: ['anthropic-messages'],
  baseUrl: 'https://api.anthropic.com',
  apiKey: 'sk-2',
}

const readable: Array<[name: string, secret: object, expected: object]> = [
  ['a secret without anything has no providers and no keys', {}, { providers: [], keys: [] }],
  [
    'the built-in providers are there with their key',
    { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2' },
    { providers: [openai, anthropic], keys: [] },
  ],
  [
    'an empty key is none, an empty base is the default',
    { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: 'sk-2', ANTHROPIC_BASE_URL: '' },
    { providers: [anthropic], keys: [] },
  ],
  [
    'a base replaces the default, without its last slash',
    { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1/' },
    { providers: [{ ...openai, baseUrl: 'http://127.0.0.1:1/v1' }], keys: [] },
  ],
  ['a custom provider', { SLUICE_PROVIDERS: [custom] }, { providers: [custom], keys: [] }],
  [
    'several keys, each alone or with its weight',
    { SLUICE_PROVIDERS: [{ ...custom, apiKey: ['k', { key: 'l', weight: 3 }] }] },
    {
      providers: [
        {
          ...custom,
          keys: [
            { key: 'k', weight: 1 },
            { key: 'l', weight: 3 },
          ],
        },
      ],
      keys: [],
    },
  ],
  [
    'a key with scopes',
    { SLUICE_KEYS: [{ ...key, scopes: ['usage:read'] }] },
    { providers: [], keys: [{ ...key, scopes: ['usage:read'] }] },
  ],
  ['a list may be a text', { SLUICE_PROVIDERS: JSON.stringify([custom]) }, { providers: [custom], keys: [] }],
  ['keys may be a text', { SLUICE_KEYS: JSON.stringify([key]), SLUICE_PROVIDERS: '' }, { providers: [], keys: [key] }],
  [
    'a custom provider replaces the built-in one of its id',
    { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2', SLUICE_PROVIDERS: [{ ...custom, id: 'openai' }] },
    { providers: [{ ...custom, id: 'openai' }, anthropic], keys: [] },
  ],
  [
    'header names become lower-case',
    { SLUICE_PROVIDERS: [{ ...custom, headers: { 'X-Title': 'Sluice' } }] },
    { providers: [{ ...custom, headers: { 'x-title': 'Sluice' } }], keys: [] },
  ],
  [
    'fields nobody knows are ignored',
    { FUTURE: 1, SLUICE_KEYS: [{ ...key, budget: 5 }], SLUICE_PROVIDERS: [{ ...custom, weight: 2 }] },
    { providers: [custom], keys: [key] },
  ],
]

const secretText = 'sk-do-not-show'
const unreadable: Array<[name: string, secret: unknown, message: RegExp]> = [
  [
    'an unknown format',
    { SLUICE_PROVIDERS: [custom, { ...custom, id: 'b', formats: ['openai'] }] },
    /^SLUICE_PROVIDERS\[1\]\.formats\[0\]: unknown format "openai"; expected one of openai-chat, anthropic-messages/,
  ],
  [
    'no format',
    { SLUICE_PROVIDERS: [{ ...custom, formats: [] }] },
    /^SLUICE_PROVIDERS\[0\]\.formats: expected at least one format$/,
  ],
  [
    'a base that is no URL',
    { SLUICE_PROVIDERS: [{ ...custom, baseUrl: secretText }] },
    /^SLUICE_PROVIDERS\[0\]\.baseUrl: expected an http or https URL$/,
  ],
  [
    'a base of another protocol',
    { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'ftp://127.0.0.1' },
    /^OPENAI_BASE_URL: expected an http or https URL$/,
  ],
  [
    'an id with a slash',
    { SLUICE_PROVIDERS: [{ ...custom, id: 'a/b' }] },
    /^SLUICE_PROVIDERS\[0\]\.id: expected letters/,
  ],
  ['a provider that is a text', { SLUICE_PROVIDERS: ['a'] }, /^SLUICE_PROVIDERS\[0\]: expected an object$/],
  [
    'no keys in a list',
    { SLUICE_PROVIDERS: [{ ...custom, apiKey: [] }] },
    /^SLUICE_PROVIDERS\[0\]\.apiKey: expected a key/,
  ],
  [
    'a key without weight',
    { SLUICE_PROVIDERS: [{ ...custom, apiKey: [{ key: secretText, weight: 0 }] }] },
    /^SLUICE_PROVIDERS\[0\]\.apiKey: expected a key/,
  ],
  [
    'a header that is no text',
    { SLUICE_PROVIDERS: [{ ...custom, headers: { a: 1 } }] },
    /^SLUICE_PROVIDERS\[0\]\.headers\.a: expected a text$/,
  ],
  [
    'a header with a line break',
    { SLUICE_PROVIDERS: [{ ...custom, headers: { a: `${secretText}\n` } }] },
    /^SLUICE_PROVIDERS\[0\]\.headers\.a: expected a text that a header can carry, without line breaks$/,
  ],
  [
    'a header whose name is none',
    { SLUICE_PROVIDERS: [{ ...custom, headers: { [`Authorization: ${secretText}`]: '' } }] },
    /^SLUICE_PROVIDERS\[0\]\.headers: expected names of headers$/,
  ],
  [
    'keys with line breaks',
    {
      OPENAI_API_KEY: `${secretText}\n`,
      ANTHROPIC_API_KEY: `\r${secretText}`,
      SLUICE_PROVIDERS: [
        { ...custom, apiKey: `${secretText}\n` },
        { ...custom, id: 'b', apiKey: [`${secretText}\n`] },
        { ...custom, id: 'c', apiKey: [{ key: `${secretText}—`, weight: 1 }] },
      ],
    },
    /^OPENAI_API_KEY: .*\nANTHROPIC_API_KEY: .*\nSLUICE_PROVIDERS\[0\]\.apiKey: .*\nSLUICE_PROVIDERS\[1\]\.apiKey: .*\nSLUICE_PROVIDERS\[2\]\.apiKey: .*$/,
  ],
  ['headers in a list', { SLUICE_PROVIDERS: [{ ...custom, headers: [] }] }, /headers: expected an object of texts$/],
  [
    'a key without a name',
    { SLUICE_KEYS: [{ ...key, name: '' }] },
    /^SLUICE_KEYS\[0\]\.name: expected a text that is not/,
  ],
  [
    'scopes in a text',
    { SLUICE_KEYS: [{ ...key, scopes: 'a' }] },
    /^SLUICE_KEYS\[0\]\.scopes: expected a list of scopes$/,
  ],
  [
    'formats in a text',
    { SLUICE_PROVIDERS: [{ ...custom, formats: 'openai-chat' }] },
    /formats: expected a list of formats$/,
  ],
  ['an id twice', { SLUICE_PROVIDERS: [custom, custom] }, /^SLUICE_PROVIDERS\[1\]\.id: "conly" is there twice$/],
  ['a list that is an object', { SLUICE_PROVIDERS: custom }, /^SLUICE_PROVIDERS: expected a list$/],
  ['a text that is no JSON', { SLUICE_PROVIDERS: `[${secretText}` }, /^SLUICE_PROVIDERS: not valid JSON$/],
  ['a key that is no text', { OPENAI_API_KEY: 5 }, /^OPENAI_API_KEY: expected a text$/],
  ['a key with a hyphen in its id', { SLUICE_KEYS: [{ ...key, id: 'a-b' }] }, /^SLUICE_KEYS\[0\]\.id: expected/],
  [
    'a key whose hash is the key',
    { SLUICE_KEYS: [{ ...key, hash: secretText }] },
    /^SLUICE_KEYS\[0\]\.hash: expected a SHA-256/,
  ],
  ['a key twice', { SLUICE_KEYS: [key, key] }, /^SLUICE_KEYS\[1\]\.id: "abc" is there twice$/],
  ['several faults at once', { OPENAI_API_KEY: 5, SLUICE_KEYS: 7 }, /^OPENAI_API_KEY: .*\nSLUICE_KEYS: /],
  ['a list', [], /^the secret: expected a JSON object$/],
  ['null', null, /^the secret: expected a JSON object$/],
]

describe('readSecret', () => {
  test.each(readable)('%s', (_name, secret, expected) => {
    expect(readSecret(JSON.stringify(secret))).toEqual(expected)
  })

  test.each(unreadable)('%s is refused with its path and without its value', (_name, secret, message) => {
    const read = () => readSecret(JSON.stringify(secret))
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(message)
    expect(read).not.toThrow(secretText)
  })

  test('a text that is no JSON is refused without being quoted', () => {
    expect(() => readSecret(secretText)).toThrow(/^the secret: not valid JSON$/)
  })
})
