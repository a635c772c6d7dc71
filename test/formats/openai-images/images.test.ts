import { describe, expect, it } from 'vitest'
import { format } from '../../../lambda/formats/openai-images/index.ts'
import { decode, errorOf, fold, framesOf, usageOf } from '../openai-endpoints/support.ts'

const usage = {
  input_tokens: 50,
  input_tokens_details: { text_tokens: 10, image_tokens: 40 },
  output_tokens: 1056,
  total_tokens: 1106,
}
const meta = { created_at: 1767225600, background: 'opaque', output_format: 'png', quality: 'low', size: '1024x1024' }
const partial = (index: number) => ({
  type: 'image_generation.partial_image',
  b64_json: `cGFydA${index}=`,
  partial_image_index: index,
  ...meta,
})
const completed = (b64_json: string) => ({ type: 'image_generation.completed', b64_json, ...meta, usage })

describe('one image', () => {
  const frames = framesOf([partial(0), partial(1), completed('QQ==')])

  it('is counted once, whatever previews came before', () => {
    expect(usageOf(decode(format, frames))).toEqual({
      input: 50,
      imageInput: 40,
      output: 1056,
      imageOutput: 1056,
      images: 1,
    })
    const { created_at, ...fields } = meta
    expect(fold(format, frames)).toEqual({ created: created_at, ...fields, data: [{ b64_json: 'QQ==' }], usage })
  })

  it('ends the answer, so that nobody waits for a connection left open', () => {
    const decoder = format.createDecoder({ quirks: {}, mint: (prefix) => prefix, fields: { n: 1 } })
    for (const frame of frames) decoder.push(frame, () => undefined)
    expect(decoder.state).toBe('closed')
  })
})

describe('several images', () => {
  const frames = framesOf([partial(0), completed('QQ=='), partial(0), completed('Qg==')])

  it.each([2, '2'])('are all waited for, and their usage is added up (n: %j)', (n) => {
    const events = decode(format, frames, { n })
    expect(errorOf(events)).toBeUndefined()
    expect(usageOf(events)).toMatchObject({ images: 2, input: 100, imageInput: 80, output: 2112 })
    expect(fold(format, frames)).toMatchObject({
      data: [{ b64_json: 'QQ==' }, { b64_json: 'Qg==' }],
      usage: { input_tokens: 100, input_tokens_details: { text_tokens: 20, image_tokens: 80 }, total_tokens: 2212 },
    })
  })

  it('are truncated where one is missing', () => {
    expect(errorOf(decode(format, frames.slice(0, 3), { n: 2 }))).toBe('upstream_truncated')
  })

  it('of which a whole answer has fewer are still whole', () => {
    const object = { created: 1, data: [{ url: 'https://example.com/a.png', revised_prompt: 'a cat' }] }
    const cut = format.cutObject(object)
    expect(errorOf(decode(format, cut, { n: 2 }))).toBeUndefined()
    expect(usageOf(decode(format, cut, { n: 2 }))).toEqual({ images: 1 })
    expect(fold(format, cut)).toEqual(object)
  })

  it('that come twice are one', () => {
    expect(fold(format, framesOf([completed('QQ=='), completed('QQ==')]))).toMatchObject({
      data: [{ b64_json: 'QQ==' }],
      usage,
    })
  })
})

describe('the request', () => {
  it.each([
    [{ model: 'o/gpt-image-1' }, true],
    [{ model: 'gpt-image-2', n: 1, output_format: 'webp' }, true],
    [{ model: 'chatgpt-image-latest' }, true],
    [{ model: 'gpt-image-1', n: 3 }, false],
    [{ model: 'gpt-image-2', output_format: 'svg' }, false],
    [{ model: 'gpt-image-2', frame_count: 4 }, false],
    [{ model: 'gpt-image-2', svg: {} }, false],
    [{ model: 'dall-e-3' }, false],
    [{ model: 'o/flux-gpt-image' }, false],
  ])('%j is made to stream: %s', (fields, streams) => {
    expect(format.streamFields(fields)).toEqual(streams ? { stream: true } : {})
  })
})
