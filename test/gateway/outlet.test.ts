import { expect, test } from 'vitest'
import { loadFormat } from '../../lambda/formats/index.ts'
import { sseData } from '../../lambda/framing/sse.ts'
import { FoldOutlet, type Outlet, StreamOutlet } from '../../lambda/gateway/outlet.ts'
import type { AnswerResponse } from '../../lambda/gateway/request.ts'

const response: AnswerResponse = {
  live: false,
  opened: false,
  left: new AbortController().signal,
  open() {},
  write: () => undefined,
  writeLast: () => undefined,
  abort() {},
  end() {},
}

const megabyte = 1024 * 1024
const codec = await loadFormat('openai-chat')
const ping = `: ${'p'.repeat(megabyte - 4)}\n\n`
const words = sseData(
  JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'w'.repeat(megabyte - 200) } }] }),
)

const tooLarge = expect.objectContaining({ error: expect.objectContaining({ code: 'upstream_too_large' }) })

function write(outlet: Outlet, event: string, times: number): void {
  for (let time = 0; time < times; time++) outlet.write(event)
}

test.each<[name: string, outlet: Outlet, event: string]>([
  ['pings before the first content', new StreamOutlet(response, {}, '', 1000), ping],
  ['events of a whole answer', new FoldOutlet(response, {}, codec), words],
])('%s are kept up to 64 MB, or a half more until they are measured, each try anew', (_, outlet, event) => {
  write(outlet, event, 64)
  outlet.reset()
  write(outlet, event, 64)
  expect(() => write(outlet, event, 40)).toThrow(tooLarge)
})

test('an answer of a word an event may have as many events as it likes', async () => {
  let object = ''
  const keeping = {
    ...response,
    writeLast(text: string | Uint8Array) {
      object = String(text)
      return undefined
    },
  }
  const outlet = new FoldOutlet(keeping, {}, codec)
  const padded = sseData(
    JSON.stringify({
      id: 'c',
      choices: [{ index: 0, delta: { content: 'a' } }],
      usage: null,
      pad: 'p'.repeat(megabyte),
    }),
  )
  write(outlet, padded, 160)
  await outlet.finish('')
  expect(JSON.parse(object).choices[0].message.content).toBe('a'.repeat(160))
})
