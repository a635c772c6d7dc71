import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SseReader } from '../../lambda/framing/sse.ts'

function read(chunks: Uint8Array[]) {
  const reader = new SseReader()
  const frames = chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)))
  const last = reader.end()
  return last ? [...frames, last] : frames
}
const events = (chunks: Uint8Array[]) =>
  read(chunks)
    .filter((frame) => frame.data !== '')
    .map(({ event, data }) => ({ event, data }))

function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

const cases: Array<[name: string, wire: string, expected: Array<{ event: string; data: string }>]> = [
  ['one event', 'data: {"a":1}\n\n', [{ event: '', data: '{"a":1}' }]],
  ['a named event', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
  ['no space after the colon', 'event:x\ndata:{"a":1}\n\n', [{ event: 'x', data: '{"a":1}' }]],
  ['exactly one space is removed', 'data:  x\n\n', [{ event: '', data: ' x' }]],
  ['several data lines are joined', 'data: {"a":\ndata: 1}\n\n', [{ event: '', data: '{"a":\n1}' }]],
  [
    'comments, ids and retries are nothing',
    ': x\n\nid: 3\nretry: 5\ndata: 1\n: y\n\n: z\n\n',
    [{ event: '', data: '1' }],
  ],
  [
    'blank lines between events',
    '\n\n\ndata: 1\n\n\n\ndata: 2\n\n',
    [
      { event: '', data: '1' },
      { event: '', data: '2' },
    ],
  ],
  ['a byte order mark', '\uFEFFdata: 1\n\n', [{ event: '', data: '1' }]],
  ['multi-byte text', 'data: "👩‍🚀é漢字𝄞\u2028\u0085"\n\n', [{ event: '', data: '"👩‍🚀é漢字𝄞\u2028\u0085"' }]],
  [
    'words that look like the end',
    'data: "[DONE] message_stop"\n\ndata: [DONE]\n\n',
    [
      { event: '', data: '"[DONE] message_stop"' },
      { event: '', data: '[DONE]' },
    ],
  ],
  [
    'a last event without its blank line',
    'data: 1\n\ndata: {"a":1}',
    [
      { event: '', data: '1' },
      { event: '', data: '{"a":1}' },
    ],
  ],
  ['a last event that is cut', 'data: 1\n\ndata: {"a":', [{ event: '', data: '1' }]],
]

describe('SseReader', () => {
  for (const [name, wire, expected] of cases) {
    for (const [ending, eol] of Object.entries({ LF: '\n', CRLF: '\r\n', CR: '\r' })) {
      const bytes = Buffer.from(wire.replaceAll('\n', eol).replaceAll(`{"a":${eol}1}`, '{"a":\n1}'))
      test(`${name}, lines ending in ${ending}, however the bytes are cut`, () => {
        for (const sizes of [[bytes.length || 1], [1], [2], [3], [7], [5, 1, 2]]) {
          expect(events(cut(bytes, sizes))).toEqual(expected)
        }
      })
    }
  }

  test('the frames of a stream hold every byte of its whole events', () => {
    const wire = Buffer.from(': c\r\n\r\ndata: 1\n\n\n\nevent: a\rdata: é\r\rdata: 2\r\n\r\nid: 4\r\n\r\n')
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const bytes = read(cut(wire, sizes)).map((frame) => Buffer.from(frame.bytes ?? []))
        expect(Buffer.concat(bytes)).toEqual(wire)
      }),
    )
  })

  test('frames of one push are adjacent views', () => {
    const reader = new SseReader()
    reader.push(Buffer.from('data: 1'))
    const frames = reader.push(Buffer.from('\n\ndata: 2\n\ndata: 3\n\nda'))
    expect(frames.map((frame) => frame.data)).toEqual(['1', '2', '3'])
    for (const [n, frame] of frames.entries()) {
      const next = frames[n + 1]?.bytes
      if (next) expect(frame.bytes!.byteOffset + frame.bytes!.length).toBe(next.byteOffset)
    }
  })

  test('a large event in tiny chunks takes linear time', () => {
    const bytes = Buffer.from(`data: ${'x'.repeat(2_000_000)}\n\n`)
    const frames = events(cut(bytes, [16]))
    expect(frames[0]?.data.length).toBe(2_000_000)
  })

  test('an event above 32 MiB is refused', () => {
    const reader = new SseReader()
    const chunk = Buffer.alloc(8 * 1024 * 1024, 'x')
    reader.push(Buffer.from('data: '))
    expect(() => {
      for (let n = 0; n < 5; n++) reader.push(chunk)
    }).toThrow(/32 MiB/)
  })
})
