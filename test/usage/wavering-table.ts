import { createServer, request as send } from 'node:http'
import { close, listen } from '../support/fake-provider.ts'

/**
 * What becomes of a write: it passes; its connection is dropped; it is never answered; or it is done, and that is never
 * answered.
 */
export type Mood = 'passes' | 'drops' | 'hangs' | 'swallows'

/** Stands in front of a real DynamoDB. Whatever is no write always passes. */
export interface WaveringTable {
  url: string
  mood: Mood
  /** Transactions that came so far. */
  writes(): number
  close(): Promise<void>
}

export async function startWaveringTable(endpoint: string): Promise<WaveringTable> {
  let writes = 0
  const server = createServer((request, response) => {
    const isWrite = /\.TransactWriteItems$/.test(String(request.headers['x-amz-target']))
    const mood = isWrite ? table.mood : 'passes'
    if (isWrite) writes++
    if (mood === 'drops') return void request.socket.destroy()
    if (mood === 'hangs') return void request.resume()
    const { host: _host, ...headers } = request.headers
    const onward = send(new URL(request.url ?? '/', endpoint), { method: 'POST', headers }, (answer) => {
      if (mood === 'swallows') return void answer.resume()
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.once('error', (error) => response.destroy(error))
    request.pipe(onward)
  })
  const url = await listen(server)
  const table: WaveringTable = { url, mood: 'passes', writes: () => writes, close: () => close(server) }
  return table
}
