import { describe, expect, test } from 'vitest'
import { chunk, decode, decodeChunks, done, finished, framesOf, summarize, usageChunk } from './support.ts'

// How an answer ended: what is whole, what was cut, what is an error, and nothing that only looks whole.

const wholeText = [chunk({ content: 'a' }), finished('stop')]

describe('the end of a stream', () => {
  test.each([
    ['a finish and [DONE]', [...wholeText, done]],
    ['a finish alone', wholeText],
    ['a finish and [DONE] with a blank behind it', [...wholeText, '[DONE] ']],
    ['[DONE] after content, from providers that name no reason', [chunk({ content: 'a' }), done]],
  ])('is whole after %s', (_name, chunks) => {
    expect(summarize(decodeChunks(chunks))).toMatchObject({ finish: { 0: 'stop' }, error: undefined })
  })

  test.each([
    ['nothing', []],
    ['[DONE] and nothing else', [done]],
    ['[DONE] after a role', [chunk({ role: 'assistant' }), done]],
    ['usage alone', [usageChunk({ prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 })]],
    ['content', [chunk({ content: 'a' })]],
    ['the finish of one of two choices', [chunk({ content: 'a' }), chunk({ content: 'b' }, {}, 1), finished('stop')]],
  ])('is cut after %s', (_name, chunks) => {
    const summary = summarize(decodeChunks(chunks))
    expect(summary.error).toMatchObject({ code: 'upstream_truncated' })
  })
})

describe('an error', () => {
  const busy = { type: 'overloaded_error', message: 'Busy' }
  test.each([
    ['under `error`', framesOf([{ error: busy }])],
    ['as an object of that name', framesOf([{ object: 'error', ...busy }])],
    ['as an event of that type', framesOf([{ type: 'error', code: 'overloaded', message: 'Busy' }])],
    ['under the event’s name', [{ event: 'error', data: JSON.stringify(busy) }]],
  ])('is told %s', (_name, frames) => {
    expect(summarize(decode(frames))).toMatchObject({ error: { code: 'overloaded', message: 'Busy' }, finish: {} })
  })

  test('that comes first starts no answer, though it has an id and choices', () => {
    const frames = framesOf([{ ...chunk({ content: '' }), error: busy }])
    expect(decode(frames).map(({ type }) => type)).toEqual(['error'])
  })
})

describe('a choice', () => {
  test.each([0, -1, 1.5, '1', null, undefined])('with the index %j is the first', (index) => {
    const events = decodeChunks([
      { ...chunk({ content: 'a' }), choices: [{ index, delta: { content: 'a' }, finish_reason: 'stop' }] },
      done,
    ])
    const places = events.filter(({ type }) => type === 'block-delta' || type === 'finish')
    expect(places).toHaveLength(2)
    for (const event of places) expect(event).not.toHaveProperty('choice')
  })

  test('with another index is named', () => {
    const events = decodeChunks([
      chunk({ content: 'a' }),
      chunk({ content: 'b' }, { finish_reason: 'stop' }, 2),
      finished('stop'),
      done,
    ])
    expect(summarize(events)).toMatchObject({ text: { 0: 'a', 2: 'b' }, finish: { 0: 'stop', 2: 'stop' } })
  })

  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  test.each([{}, { delta: {} }, { delta: { content: '' } }, { delta: { role: null, content: null } }])(
    'that is %j beside usage is none',
    (choice) => {
      const events = decodeChunks([
        ...wholeText,
        usageChunk(usage, [{ index: 1, finish_reason: null, ...choice }]),
        done,
      ])
      const { finish, usage: counted } = summarize(events)
      expect(finish).toEqual({ 0: 'stop' })
      expect(counted).toMatchObject({ input: 1, output: 2 })
    },
  )

  test('that has nothing but a finish is one', () => {
    const events = decodeChunks([...wholeText, chunk({}, { finish_reason: 'length' }, 1), done])
    expect(summarize(events).finish).toEqual({ 0: 'stop', 1: 'length' })
  })
})
