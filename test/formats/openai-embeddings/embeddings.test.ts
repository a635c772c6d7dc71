import { expect, it } from 'vitest'
import { format } from '../../../lambda/formats/openai-embeddings/index.ts'
import { embeddingsObject } from '../../endpoints/streams.ts'
import { decode, usageOf } from '../openai-endpoints/support.ts'

it('embeddings read tokens and generate none', () => {
  expect(usageOf(decode(format, format.cutObject(embeddingsObject)))).toEqual({ input: 8, output: 0 })
})

it('embeddings without usage are whole all the same', () => {
  const events = decode(format, format.cutObject({ data: [], model: 'm' }))
  expect(events.at(-1)).toEqual({ type: 'response-end' })
  expect(usageOf(events)).toEqual({})
})

it('embeddings never stream', () => {
  expect([format.wantsStream?.({ stream: true }), format.streamFields({})]).toEqual([false, {}])
})
