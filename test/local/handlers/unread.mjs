import { StreamResponse } from '../../../lambda/http/stream-response.ts'
import { outliveStrayRejections } from '../../../lambda/log.ts'

outliveStrayRejections((_level, message) => console.log(message))

// Writes until its client has left, as the gateway's own entry does; half a second of taking nothing is leaving.
const remainingMs = () => 3_500
const piece = Buffer.alloc(1024 * 1024, 'a')

export const handler = awslambda.streamifyResponse(async (_event, stream) => {
  const response = new StreamResponse(stream, remainingMs)
  response.open(200, { 'content-type': 'text/plain' })
  for (let count = 0; count < 100 && !response.left.aborted; count++) await response.write(piece)
  console.log(response.left.aborted ? 'the client has left' : 'the client took everything')
  response.end()
  response.breakOff()
})
