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

test.each<[name: string, outlet: Outlet, event: string]>([
  ['pings before the first content', new StreamOutlet(response, {}, '', 1000), ping],
  ['events of a whole answer', new FoldOutlet(response, {}, codec), words],
])('%s are kept up to 96 MB, each try anew', (_, outlet, event) => {
  const write = (times: number) => {
    for (let time = 0; time < times; time++) outlet.write(event)
  }
  write(96)
  outlet.reset()
  write(96)
  const tooLarge = expect.objectContaining({ error: expect.objectContaining({ code: 'upstream_too_large' }) })
  expect(() => write(2)).toThrow(tooLarge)
})
