import { createServer, request as send } from 'node:http'
import { close, listen } from './fake-provider.ts'

/** A DynamoDB that answers questions but takes no item: in front of a real one, it drops every connection that writes. */
export async function startBrokenTable(endpoint: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'])
    if (/\.(PutItem|UpdateItem|TransactWriteItems|BatchWriteItem)$/.test(target)) {
      request.socket.destroy()
      return
    }
    const { host: _host, ...headers } = request.headers
    const onward = send(
      new URL(request.url ?? '/', endpoint),
      { method: request.method ?? 'POST', headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.once('error', (error) => response.destroy(error))
    request.pipe(onward)
  })
  return { url: await listen(server), close: () => close(server) }
}
