import { expect, test } from 'vitest'
import { quirksOf } from '../../../lambda/providers/quirks.ts'

test.each([
  ['OpenAI by its host', { id: 'main', baseUrl: 'https://api.openai.com/v1' }, { issuer: 'openai' }],
  ['Azure by the end of its host', { id: 'x', baseUrl: 'https://me.openai.azure.com/openai/v1' }, { issuer: 'openai' }],
  ['OpenAI by its id behind a proxy', { id: 'openai', baseUrl: 'http://127.0.0.1:9/v1' }, { issuer: 'openai' }],
  [
    'a host counts more than an id',
    { id: 'openai', baseUrl: 'https://api.groq.com/openai/v1' },
    { maxTokensField: 'max_tokens' },
  ],
  [
    'a host that only looks alike',
    { id: 'x', baseUrl: 'https://api.openai.com.example.org' },
    { maxTokensField: 'max_tokens' },
  ],
  [
    'an unknown server',
    { id: 'x', baseUrl: 'http://127.0.0.1:9/v1' },
    { developerRole: 'system', endUserField: 'user' },
  ],
  ['something that is no URL', { id: 'x', baseUrl: '' }, { maxTokensField: 'max_tokens' }],
])('%s', (_, provider, expected) => {
  expect(quirksOf(provider)).toMatchObject(expected)
})

test('OpenAI has none of the older names', () => {
  expect(quirksOf({ id: 'openai', baseUrl: 'https://api.openai.com/v1' })).not.toHaveProperty('maxTokensField')
})
