import { describe, expect, it } from 'vitest'
import { checkStream } from './grammar/index.ts'
import { readWritten } from './read/sse-frames.ts'
import { story } from './sdk-story.ts'
import { eventsOf, type Format, formats } from './upstream/format.ts'
import { sseText } from './upstream/sse-text.ts'

// The acceptance tests trust these checkers, so each rule is shown to catch what it is there for.

function problemsOf(format: Format, stream: string): string[] {
  const { frames, problems } = readWritten(stream)
  return [...problems, ...checkStream[format](frames)]
}

const good = (format: Format) => sseText(eventsOf[format](story))

/** A good stream with one thing wrong: the text to find and what to put in its place. */
const faults: [name: string, format: Format, find: string | RegExp, put: string][] = [
  ['a carriage return', 'C', 'data:', '\rdata:'],
  ['a comment with a blank line', 'C', 'data:', ': ping\n\ndata:'],
  ['an event line in chat', 'C', 'data:', 'event: x\ndata:'],
  ['no [DONE]', 'C', 'data: [DONE]\n\n', ''],
  ['an empty id', 'C', '"id":"chatcmpl-fake1"', '"id":""'],
  ['an id that changes', 'C', '"id":"chatcmpl-fake1"', '"id":"other"'],
  ['no creation time', 'C', /"created":\d+/g, '"created":0'],
  ['no role', 'C', '"role":"assistant",', ''],
  ['a role twice', 'C', '"delta":{"content":"Let me "', '"delta":{"role":"assistant","content":"Let me "'],
  ['no finish', 'C', '"finish_reason":"tool_calls"', '"finish_reason":null'],
  ['a finish too early', 'C', '"finish_reason":null', '"finish_reason":"stop"'],
  ['tool indexes with a gap', 'C', '"index":1,"id"', '"index":2,"id"'],
  ['a call without a name', 'C', '"name":"get_time"', '"name":""'],
  ['a name repeated', 'C', '"function":{"arguments":"{', '"id":"call_weather","function":{"arguments":"{'],
  ['[DONE] after an error', 'C', 'data: [DONE]', 'data: {"error":{"message":"x","type":"y"}}\n\ndata: [DONE]'],
  ['an event that differs from its type', 'M', 'event: ping', 'event: pong'],
  ['a foreign id', 'M', '"id":"msg_fake1"', '"id":"chatcmpl-1"'],
  ['no stop_sequence', 'M', ',"stop_sequence":null', ''],
  ['a block number with a gap', 'M', /"index":1/g, '"index":5'],
  ['a delta of another kind', 'M', '"type":"thinking_delta"', '"type":"text_delta"'],
  ['a block left open', 'M', 'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n', ''],
  ['no message_stop', 'M', 'event: message_stop\ndata: {"type":"message_stop"}\n\n', ''],
  ['a [DONE] in Messages', 'M', 'event: message_stop', 'data: [DONE]\n\nevent: message_stop'],
  ['no stop_reason', 'M', '"stop_reason":"tool_use"', '"stop_reason":null'],
  ['a sequence number with a gap', 'R', '"sequence_number":3', '"sequence_number":30'],
  ['an item id that changes', 'R', '"item_id":"msg_fake1"', '"item_id":"msg_other"'],
  ['an output index with a gap', 'R', /"output_index":3/g, '"output_index":4'],
  ['a text that is not what was streamed', 'R', '"text":"Let me look it up.","logprobs"', '"text":"Let me","logprobs"'],
  ['arguments that are not what was streamed', 'R', '"delta":"{\\"zon', '"delta":"{\\"zo'],
  ['an output that differs', 'R', /"id":"fc_fake3"(?![\s\S]*fc_fake3)/, '"id":"fc_other"'],
  ['a response id that changes', 'R', '"id":"resp_fake1"', '"id":"resp_other"'],
  ['a status that is not the event’s', 'R', '"status":"completed","model"', '"status":"in_progress","model"'],
  ['no terminal event', 'R', /event: response\.completed\n.*\n\n/, ''],
]

describe('the grammar of written streams', () => {
  it.each(formats)('accepts what a provider writes, %s', (format) => {
    expect(problemsOf(format, good(format))).toEqual([])
  })
  it.each(faults)('sees %s (%s)', (_name, format, find, put) => {
    const stream = good(format)
    const broken = stream.replace(find, put)
    expect(broken).not.toBe(stream)
    expect(problemsOf(format, broken)).not.toEqual([])
  })
})
