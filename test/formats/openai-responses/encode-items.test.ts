import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../lambda/events/request.ts'
import type { Annotation, Block, Delta, StreamEvent } from '../../../lambda/events/stream-event.ts'
import { answer, args, call, encode, ended, finalResponse, reasoning, text } from './support.ts'

// Items and their events one by one: what leaves none, what comes when, and what an item says that was cut off.

const terminalOf = (events: JsonObject[]) => events.at(-1)?.response as JsonObject
const outputOf = (events: JsonObject[]) => terminalOf(events).output as JsonObject[]
const typesOf = (events: JsonObject[]) => events.map((event) => String(event.type).replace(/^response\./, ''))

const wireOf = (...blocks: Array<[Block, ...Delta[]]>) => encode(answer(blocks)).text
/** The events between the first two and the last. */
const bodyOf = (...blocks: Array<[Block, ...Delta[]]>) => encode(answer(blocks)).events.slice(2, -1)
/** What no item has a place for. */
const strange: Delta = { kind: 'native', native: { level: 2 } }
const annotationOf = (annotation: Annotation): Delta => ({ kind: 'annotation', annotation })

describe('a call', () => {
  test('has no event for arguments that are empty or are none', () => {
    expect(wireOf([call('a', 'f'), args(''), strange, args('{}')])).toBe(wireOf([call('a', 'f'), args('{}')]))
  })

  test('of a custom tool may have no input, a function’s has an object', () => {
    const inputs = outputOf(encode(answer([[call('a', 'sql', 'custom')], [call('b', 'f')]])).events)
    expect(inputs).toMatchObject([{ input: '' }, { arguments: '{}' }])
  })

  test.each<[caller: JsonObject | null, told: JsonObject | null | undefined, losses: string[]]>([
    [{ type: 'direct' }, { type: 'direct' }, []],
    [{ type: 'program', caller_id: 'prog_1' }, { type: 'program', caller_id: 'prog_1' }, []],
    [{ type: 'code_execution_20250825', tool_id: 'srvtoolu_1' }, undefined, ['caller']],
    [null, null, []],
  ])('by %j', (caller, told, losses) => {
    const block: Block = { kind: 'tool-call', id: 'a', name: 'f', tool: 'function', caller }
    const encoded = encode(answer([[block, args('{}')]]))
    expect(outputOf(encoded.events)[0]?.caller).toEqual(told)
    expect(encoded.losses).toEqual(losses)
  })
})

describe('calls that alternate', () => {
  const start: StreamEvent = { type: 'response-start', id: 'resp_1', model: 'm' }
  const begin = (index: number): StreamEvent => ({ type: 'block-start', index, block: call(`call_${index}`, 'f') })
  const piece = (index: number, value: string): StreamEvent => ({ type: 'block-delta', index, delta: args(value) })
  const end = (index: number): StreamEvent => ({ type: 'block-end', index })

  test('are done one by one', () => {
    const { events } = encode([
      ...[start, begin(0), begin(1), piece(0, '{}'), end(0), piece(1, '{}'), end(1)],
      ...ended('tool-calls'),
    ])
    expect(typesOf(events).slice(4, -1)).toEqual([
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ])
    expect(outputOf(events)).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
  })

  test('end with the answer where nothing ended them', () => {
    const { events } = encode([start, begin(0), begin(1), piece(0, '{}'), piece(1, '{'), ...ended('length')])
    expect(typesOf(events).slice(6)).toEqual([
      'function_call_arguments.done',
      'output_item.done',
      'function_call_arguments.done',
      'output_item.done',
      'incomplete',
    ])
    expect(outputOf(events)).toMatchObject([
      { status: 'completed', arguments: '{}' },
      { status: 'incomplete', arguments: '{' },
    ])
  })
})

describe('a message', () => {
  const phased = (phase: string): Block => ({ kind: 'text', phase })

  test('has the phase of its texts, and is one while that stays', () => {
    const { events } = encode(
      answer([
        [phased('commentary'), text('A')],
        [phased('commentary'), text('B')],
        [{ kind: 'text' }, text('C')],
        [{ kind: 'refusal' }, { kind: 'refusal', text: 'D' }],
        [phased('final_answer'), text('E')],
      ]),
    )
    expect(outputOf(events)).toMatchObject([
      { phase: 'commentary', content: [{ text: 'A' }, { text: 'B' }, { text: 'C' }, { refusal: 'D' }] },
      { phase: 'final_answer', content: [{ text: 'E' }] },
    ])
  })

  test('goes on while a call begins, and is done when its text is', async () => {
    const { text: wire, events } = encode([
      { type: 'response-start', id: 'resp_1', model: 'm' },
      { type: 'block-start', index: 0, block: { kind: 'text' } },
      { type: 'block-delta', index: 0, delta: text('A') },
      { type: 'block-start', index: 1, block: call('a', 'f') },
      { type: 'block-delta', index: 0, delta: text('B') },
      { type: 'block-end', index: 0 },
      { type: 'block-delta', index: 1, delta: args('{}') },
      { type: 'block-end', index: 1 },
      ...ended('tool-calls'),
    ])
    const places = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.output_index] : []))
    expect(places).toEqual([0, 1])
    expect(typesOf(events).filter((type) => type.startsWith('output_'))).toEqual([
      'output_item.added',
      'output_text.delta',
      'output_item.added',
      'output_text.delta',
      'output_text.done',
      'output_item.done',
      'output_item.done',
    ])
    expect((await finalResponse(wire)).output).toMatchObject([{ content: [{ text: 'AB' }] }, { arguments: '{}' }])
  })
})

describe('a citation', () => {
  const url: Annotation = { type: 'url', url: 'https://a', title: 'A', start: 0, end: 1 }
  const cited = (annotation: Annotation) =>
    bodyOf([{ kind: 'text' }, text('Hi'), annotationOf(annotation), text('!')])
      .filter(({ type }) => /output_text\.(delta|annotation\.added)$/.test(String(type)))
      .map(({ delta, annotation }) => delta ?? annotation)

  test('comes where the source has it, if its place is known', () => {
    const wire = { type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 1 }
    expect(cited(url)).toEqual(['Hi', wire, '!'])
  })

  test('waits for the end of the text, if that is its own end', () => {
    const { end: _, ...open } = url
    const wire = { type: 'url_citation', url: 'https://a', title: 'A', start_index: 0, end_index: 3 }
    expect(cited(open)).toEqual(['Hi', '!', wire])
  })

  test.each<[annotation: Annotation, wire: JsonObject, atOnce: boolean]>([
    [
      { type: 'file', fileId: 'file_1', filename: 'a.pdf', start: 1 },
      { type: 'file_citation', file_id: 'file_1', filename: 'a.pdf', index: 1 },
      true,
    ],
    [{ type: 'file-path', fileId: 'file_1', start: 0 }, { type: 'file_path', file_id: 'file_1', index: 0 }, true],
    [{ type: 'file-path', fileId: 'file_1' }, { type: 'file_path', file_id: 'file_1', index: 3 }, false],
    [
      { type: 'container-file', fileId: 'cfile_1', containerId: 'cntr_1', filename: 'a.png', start: 0, end: 1 },
      {
        type: 'container_file_citation',
        container_id: 'cntr_1',
        file_id: 'cfile_1',
        filename: 'a.png',
        start_index: 0,
        end_index: 1,
      },
      true,
    ],
    [
      { type: 'container-file', fileId: 'cfile_1', start: 1 },
      { type: 'file_citation', file_id: 'cfile_1', filename: '', index: 1 },
      true,
    ],
  ])('of a file: %j', (annotation, wire, atOnce) => {
    expect(cited(annotation)).toEqual(atOnce ? ['Hi', wire, '!'] : ['Hi', '!', wire])
  })

  test('of no file in a container is a loss', () => {
    const { events, losses } = encode(
      answer([[{ kind: 'text' }, text('Hi'), annotationOf({ type: 'container-file', containerId: 'cntr_1' })]]),
    )
    expect(outputOf(events)).toMatchObject([{ content: [{ annotations: [] }] }])
    expect(losses).toEqual(['citation-source'])
  })
})

describe('reasoning', () => {
  const block: Block = { kind: 'reasoning', issuer: 'openai' }

  test('has no event for what is no text', () => {
    expect(wireOf([block, reasoning(''), strange, reasoning('Hm')])).toBe(wireOf([block, reasoning('Hm')]))
  })
})

describe('an error', () => {
  const error: StreamEvent = { type: 'error', error: { code: 'internal', message: 'No' } }
  const open = (block: Block, ...deltas: Delta[]) => {
    const begun = answer([[{ kind: 'text' }, text('Hi')]], [])
    const events: StreamEvent[] = [{ type: 'block-start', index: 1, block }]
    for (const delta of deltas) events.push({ type: 'block-delta', index: 1, delta })
    return outputOf(encode([...begun, ...events, error]).events).map(({ type, status }) => [type, status])
  }

  test.each<[block: Block, delta: Delta, items: Array<[string, string | undefined]>]>([
    [{ kind: 'text' }, text('!'), [['message', 'incomplete']]],
    [
      { kind: 'reasoning', issuer: 'openai' },
      reasoning('Hm'),
      [
        ['message', 'completed'],
        ['reasoning', 'incomplete'],
      ],
    ],
    [
      call('a', 'f'),
      args('{'),
      [
        ['message', 'completed'],
        ['function_call', 'incomplete'],
      ],
    ],
    [
      { kind: 'image', mediaType: 'image/png' },
      { kind: 'image', base64: 'AA==', partial: 0 },
      [
        ['message', 'completed'],
        ['image_generation_call', 'failed'],
      ],
    ],
  ])('leaves %j cut off', (block, delta, items) => {
    expect(open(block, delta)).toEqual(items)
  })
})

describe('an image', () => {
  const block: Block = { kind: 'image', mediaType: 'image/png' }

  const preview: Delta = { kind: 'image', base64: 'AA==', partial: 0 }
  const last: Delta = { kind: 'image', base64: 'BB==' }

  test('has its previews as events and the last one in the item', () => {
    const events = bodyOf([block, preview, last])
    expect(typesOf(events)).toEqual([
      'output_item.added',
      'image_generation_call.in_progress',
      'image_generation_call.partial_image',
      'image_generation_call.completed',
      'output_item.done',
    ])
    expect(events[2]).toMatchObject({ partial_image_index: 0, partial_image_b64: 'AA==' })
    expect(events[4]?.item).toMatchObject({ status: 'completed', result: 'BB==', output_format: 'png' })
    expect(wireOf([block, preview, strange, last])).toBe(wireOf([block, preview, last]))
  })

  test('may be of a kind that is not known', () => {
    const [, , , done] = bodyOf([{ kind: 'image' }, { kind: 'image', base64: 'BB==' }])
    expect(done?.item).toEqual({
      id: expect.any(String),
      type: 'image_generation_call',
      status: 'completed',
      result: 'BB==',
    })
  })
})

describe('a web search', () => {
  const block: Block = { kind: 'server-tool', name: 'web_search', phase: 'call' }

  test.each([
    ['{"query":"tide"}', 'tide'],
    ['{"query":7}', ''],
    ['{"que', ''],
  ])('for %s', (asked, query) => {
    const events = bodyOf([block, args(asked), strange])
    expect(events.at(-1)?.item).toMatchObject({ action: { type: 'search', query } })
  })
})
