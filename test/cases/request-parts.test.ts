import { describe, expect, it } from 'vitest'
import type { Format } from '../support/upstream/format.ts'
import { conversions, firstContent, sent, textOf } from '../support/upstream-request.ts'

// Images and documents on their way to the provider.

const png = 'iVBORw0KGgo='
const dataUrl = `data:image/png;base64,${png}`
const imageUrl = 'https://example.org/cat.png'
const pdf = 'JVBERi0xLjQK'
const pdfUrl = `data:application/pdf;base64,${pdf}`

function userTurn(client: Format, parts: object[]): object {
  return client === 'R'
    ? { input: [{ role: 'user', content: parts }] }
    : { messages: [{ role: 'user', content: parts }] }
}

describe('images', () => {
  const parts: Record<Format, object[]> = {
    C: [
      { type: 'text', text: 'A' },
      { type: 'image_url', image_url: { url: dataUrl } },
      { type: 'text', text: 'B' },
      { type: 'image_url', image_url: { url: imageUrl } },
    ],
    M: [
      { type: 'text', text: 'A' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
      { type: 'text', text: 'B' },
      { type: 'image', source: { type: 'url', url: imageUrl } },
    ],
    R: [
      { type: 'input_text', text: 'A' },
      { type: 'input_image', image_url: dataUrl },
      { type: 'input_text', text: 'B' },
      { type: 'input_image', image_url: imageUrl },
    ],
  }
  it.each(conversions)('between texts keep their place, %s client, %s provider', async (client, upstream) => {
    expect(firstContent(await sent(client, upstream, userTurn(client, parts[client])))).toMatchObject(parts[upstream])
  })
})

describe('a PDF beside a text', () => {
  const parts: Record<Format, object[]> = {
    C: [
      { type: 'text', text: 'Read this.' },
      { type: 'file', file: { filename: 'a.pdf', file_data: pdfUrl } },
    ],
    M: [
      { type: 'text', text: 'Read this.' },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf }, title: 'a.pdf' },
    ],
    R: [
      { type: 'input_text', text: 'Read this.' },
      { type: 'input_file', filename: 'a.pdf', file_data: pdfUrl },
    ],
  }
  it.each(conversions)('%s client, %s provider', async (client, upstream) => {
    expect(firstContent(await sent(client, upstream, userTurn(client, parts[client])))).toMatchObject(parts[upstream])
  })
})

describe('an image inside a tool result', () => {
  const messages = [
    { role: 'user', content: 'Look.' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_s', name: 'screenshot', input: {} }] },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'call_s',
          content: [
            { type: 'text', text: 'Here it is.' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          ],
        },
      ],
    },
  ]
  it('follows in a user message for a chat provider', async () => {
    const { body } = await sent('M', 'C', { messages })
    const [result, user] = body.messages.slice(2)
    expect(result).toMatchObject({ role: 'tool', tool_call_id: 'call_s' })
    expect(textOf(result?.content)).toContain('Here it is.')
    expect(user?.role).toBe('user')
    expect(JSON.stringify(user?.content)).toContain(dataUrl)
  })
  it('stays inside the output for a Responses provider', async () => {
    const { body } = await sent('M', 'R', { messages })
    const output = body.input.find(({ type }) => type === 'function_call_output')
    expect(output?.output).toMatchObject([
      { type: 'input_text', text: 'Here it is.' },
      { type: 'input_image', image_url: dataUrl },
    ])
  })
})
