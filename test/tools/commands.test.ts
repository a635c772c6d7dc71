import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columnWidths, layRow, shorten } from './columns.ts'
import { upstreamOf } from './fixtures.ts'
import { detectFormat } from './formats.ts'
import { diffLines } from './line-diff.ts'
import { chunksOf, readSplit } from './split.ts'

const tools = fileURLToPath(new URL('.', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-tools-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function run(tool: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(tools, `${tool}.ts`), ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

describe.concurrent('explain', () => {
  test('shows frame, events and text side by side, within the width', async () => {
    const { code, stdout } = await run('explain', upstreamOf('chat-text'), '--to', 'messages', '--width', '120')
    expect(code).toBe(0)
    expect(stdout).toContain('event: message_start')
    expect(stdout).toContain('block-start 0 text')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })

  test('prints the same as JSON for machines', async () => {
    const { stdout } = await run('explain', upstreamOf('chat-text'), '--to', 'responses', '--json')
    const { from, to, steps } = JSON.parse(stdout)
    expect([from, to, steps.length]).toEqual(['openai-chat', 'openai-responses', 7])
    expect(steps[1].events.at(-1)).toMatchObject({ type: 'block-delta', delta: { kind: 'text', text: 'The harbour ' } })
    expect(steps.at(-1).emitted).toContain('response.completed')
  })
})

describe.concurrent('replay', () => {
  test('writes the same stream however it is split', async () => {
    const whole = await run('replay', upstreamOf('messages-thinking-and-calls'), '--to', 'chat')
    const split = await run(
      'replay',
      upstreamOf('messages-thinking-and-calls'),
      '--to',
      'chat',
      '--split',
      '7',
      '--delay',
      '0',
    )
    expect(whole.stdout).toContain('data: [DONE]')
    expect(split.stdout).toBe(whole.stdout)
  })

  test('prints the folded object', async () => {
    const { stdout, stderr } = await run(
      'replay',
      upstreamOf('responses-text'),
      '--to',
      'messages',
      '--buffer',
      '--split',
      'random:3',
    )
    expect(JSON.parse(stdout)).toMatchObject({ type: 'message', stop_reason: 'end_turn' })
    expect(JSON.parse(stderr)).toMatchObject({ finish: { reason: 'stop' }, losses: [] })
  })

  test('ends with 1 if the client got an error', async () => {
    const { code, stderr } = await run('replay', upstreamOf('messages-truncated'), '--to', 'chat')
    expect(code).toBe(1)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'upstream_truncated' } })
  })
})

describe.concurrent('conform', () => {
  test('passes a good recording and names what it skips', async () => {
    writeFileSync(join(folder, 'gemini.sse'), 'data: {"candidates":[]}\r\n\r\n')
    writeFileSync(
      join(folder, 'good.sse'),
      'data: {"id":"c","created":1,"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
    )
    const { code, stdout } = await run('conform', folder, '--seed', '5')
    expect(stdout).toContain('1 recordings, 3 passages')
    expect(stdout).toContain('(seed 5): all conform, 1 files skipped')
    expect(stdout).toContain('skipped  gemini.sse: Gemini')
    expect(code).toBe(0)
  })

  test.each([
    ['a folder that is not there', [join('no', 'such', 'folder')], 'There is no'],
    ['no folder at all', [], 'Which folder?'],
    ['an unknown option', ['.', '--fast'], '--fast'],
  ])('explains %s', async (_, args, message) => {
    const { code, stderr } = await run('conform', ...args)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
    expect(code).toBe(2)
  })
})

describe.concurrent('golden', () => {
  test('knows a case by its name only', async () => {
    const { code, stderr } = await run('golden', '--update', 'no-such-case')
    expect(stderr).toContain('There is no case no-such-case')
    expect(code).toBe(2)
  })
})

describe('formats are told by content', () => {
  test.each([
    ['data: {"choices":[]}\n\n', { kind: 'format', format: 'openai-chat' }],
    [': ping\n\ndata: {"error":{"message":"x"}}\n\n', { kind: 'format', format: 'openai-chat' }],
    ['event: ping\ndata: {"type":"ping"}\n\n', { kind: 'format', format: 'anthropic-messages' }],
    ['data: {"type":"response.created","response":{}}\n\n', { kind: 'format', format: 'openai-responses' }],
    ['data: {"candidates":[]}\n\n', { kind: 'none', looksLike: 'Gemini' }],
    ['data: {"object":"text_completion","choices":[]}\n\n', { kind: 'none', looksLike: 'legacy text completions' }],
    ['hello', { kind: 'none', looksLike: 'nothing known' }],
  ])('%j', (body, detected) => {
    expect(detectFormat(body)).toEqual(detected)
  })
})

describe('splits', () => {
  test.each(['whole', '1', '7', 'random:42'])('%s loses no byte', (text) => {
    const body = Buffer.from('data: {"text":"👩\u200d🚀"}\n\n'.repeat(50))
    const split = readSplit(text)
    expect(split && Buffer.concat([...chunksOf(body, split)]).equals(body)).toBe(true)
  })

  test.each(['0', '-1', 'random', 'random:x', 'half'])('%s is none', (text) => {
    expect(readSplit(text)).toBeUndefined()
  })

  test('a seed gives the same pieces again, another seed others', () => {
    const lengths = (seed: number) =>
      [...chunksOf(Buffer.alloc(5000), { kind: 'random', seed })].map((piece) => piece.length)
    expect(lengths(1)).toEqual(lengths(1))
    expect(lengths(1)).not.toEqual(lengths(2))
  })
})

describe('texts for terminals', () => {
  test('are shortened in the middle', () => {
    expect(shorten('abcdefghij', 7)).toBe('abc…hij')
    expect(shorten('abc', 7)).toBe('abc')
  })

  test('columns fill the width and start at one height', () => {
    const widths = columnWidths(40, [1, 1])
    expect(layRow([['a', 'b'], ['c']], widths)).toEqual([`a${' '.repeat(17)} │ c`, `b${' '.repeat(17)} │`])
  })

  test('a difference of lines is the shortest one', () => {
    const signs = diffLines('a\nb\nc\nd', 'a\nc\nx\nd').map(({ sign, line }) => sign + line)
    expect(signs).toEqual([' a', '-b', ' c', '+x', ' d'])
  })
})
