import { describe, expect, it } from 'vitest'
import { format } from '../../../lambda/formats/openai-completions/index.ts'
import { decode, errorOf, fold, framesOf, usageOf } from '../openai-endpoints/support.ts'

const head = { id: 'cmpl-1', object: 'text_completion', created: 1767225600, model: 'm' }

function chunk(text: string, index = 0, more: object = {}): object {
  return { ...head, choices: [{ text, index, logprobs: null, finish_reason: null, ...more }] }
}

const logprobs = (token: string, offset: number) => ({
  tokens: [token],
  token_logprobs: [-0.1],
  top_logprobs: [{ [token]: -0.1 }],
  text_offset: [offset],
})

describe('the fold', () => {
  it('keeps choices that come interleaved and out of order apart', () => {
    const events = [chunk('b1', 1), chunk('a1', 0), chunk('a2', 0, { finish_reason: 'stop' }), chunk('b2', 1)]
    const { choices } = fold(format, framesOf([...events, chunk('', 1, { finish_reason: 'length' }), '[DONE]']))
    expect(choices).toEqual([
      { text: 'a1a2', index: 0, logprobs: null, finish_reason: 'stop' },
      { text: 'b1b2', index: 1, logprobs: null, finish_reason: 'length' },
    ])
  })

  it('appends the four arrays of log probabilities in step', () => {
    const events = [chunk('a', 0, { logprobs: logprobs('a', 0) }), chunk('b', 0, { logprobs: logprobs('b', 1) })]
    const [choice] = fold(format, framesOf([...events, '[DONE]'])).choices as { logprobs: object }[]
    expect(choice?.logprobs).toEqual({
      tokens: ['a', 'b'],
      token_logprobs: [-0.1, -0.1],
      top_logprobs: [{ a: -0.1 }, { b: -0.1 }],
      text_offset: [0, 1],
    })
  })

  it('keeps unknown fields of the answer and of a choice', () => {
    const object = fold(
      format,
      framesOf([{ ...chunk('a', 0, { stop_reason: 7 }), system_fingerprint: 'fp', extra: { a: 1 } }, '[DONE]']),
    )
    expect(object).toMatchObject({ system_fingerprint: 'fp', extra: { a: 1 }, choices: [{ stop_reason: 7 }] })
  })
})

describe('the decoder', () => {
  const usage = { ...head, choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }

  it('is not over before every choice asked for is', () => {
    const decoder = format.createDecoder({ quirks: {}, mint: (prefix) => prefix, fields: { n: 2, prompt: ['x', 'y'] } })
    const states = [0, 1, 2, 3].map((index) => {
      const [frame] = framesOf([chunk('a', index, { finish_reason: 'stop' })])
      if (frame) decoder.push(frame, () => undefined)
      return decoder.state
    })
    expect(states).toEqual(['open', 'open', 'open', 'finishing'])
  })

  it('takes usage that trails the finish, and the finish of every choice', () => {
    const events = decode(format, framesOf([chunk('a', 0, { finish_reason: 'content_filter' }), usage, '[DONE]']))
    expect(usageOf(events)).toEqual({ input: 5, output: 3 })
    expect(events).toContainEqual({ type: 'finish', reason: 'content-filter', raw: 'content_filter' })
  })

  it.each(['eos', 'toString'])('calls a finish it does not know other: %s', (raw) => {
    const events = decode(format, framesOf([chunk('a', 0, { finish_reason: raw }), '[DONE]']))
    expect(events).toContainEqual({ type: 'finish', reason: 'other', raw })
  })

  it('is truncated without a finish, but not where the provider says [DONE]', () => {
    expect(errorOf(decode(format, framesOf([chunk('a')])))).toBe('upstream_truncated')
    expect(errorOf(decode(format, framesOf([chunk('a'), '[DONE]'])))).toBeUndefined()
    expect(errorOf(decode(format, framesOf(['[DONE]'])))).toBe('upstream_truncated')
  })
})

describe('the relay', () => {
  it('withholds only the chunk that exists because usage was asked for', () => {
    const [usageOnly, withChoice] = framesOf([
      { ...head, choices: [], usage: { prompt_tokens: 1 } },
      { ...chunk('a'), usage: { prompt_tokens: 1 } },
    ])
    expect([usageOnly, withChoice].map((frame) => frame && format.isUsageOnly?.(frame))).toEqual([true, false])
  })

  it('appends the [DONE] that a provider forgot', () => {
    expect(format.closeRelay({ last: framesOf([chunk('a')])[0] }, undefined, 'id')).toBe('data: [DONE]\n\n')
    for (const done of ['[DONE]', ' [DONE] ']) {
      expect(format.closeRelay({ last: framesOf([done])[0] }, undefined, 'id')).toBe('')
    }
  })
})
