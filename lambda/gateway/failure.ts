import { type GatewayError, GatewayFault, RelayedFault, withoutSecret } from '../errors.ts'
import { describeError } from '../log.ts'
import type { ClientResponse } from './request.ts'
import type { Session } from './session.ts'

/** Tells the client in its own format what went wrong: as a status while that is possible, in band after it. */
export async function answerFailure(session: Session, cause: unknown): Promise<void> {
  const { response, codec, recording, headers, deps } = session
  const error = withoutSecret(asGatewayError(cause), session.secret)
  recording.note({ error })
  if (!(cause instanceof GatewayFault)) {
    deps.logger.log('error', 'the gateway failed', { requestId: recording.requestId, error: describeError(cause) })
  }
  if (response.left.aborted) return
  try {
    if (response.opened) {
      await response.writeLast(wordsFor(error, session))
      return
    }
    if (cause instanceof RelayedFault) {
      const { status, contentType, body } = cause.answer
      response.open(status, { ...headers, 'content-type': contentType })
      await response.writeLast(body)
      return
    }
    const answer = codec.writeError(error, recording.requestId)
    response.open(answer.status, {
      ...headers,
      ...answer.headers,
      ...(error.allow !== undefined && { allow: error.allow }),
      'content-type': 'application/json',
    })
    await response.writeLast(JSON.stringify(answer.body))
  } catch (unwritten) {
    // The client is gone, or the answer itself is at fault: the record still says what happened first.
    deps.logger.log('warn', 'no answer could be written', {
      requestId: recording.requestId,
      error: describeError(unwritten),
    })
  }
}

/** In band; in the format's plainest words, should it be the encoder that is at fault. */
function wordsFor(error: GatewayError, { transfer, codec, recording, deps }: Session): string {
  try {
    return transfer?.fail(error) ?? ''
  } catch (cause) {
    const { requestId } = recording
    deps.logger.log('error', 'the error could not be encoded', { requestId, error: describeError(cause) })
    return codec.closeRelay({}, error, requestId)
  }
}

/** What is no GatewayFault is the gateway's own fault; its details go to the log, never to the client. */
function asGatewayError(cause: unknown): GatewayError {
  return cause instanceof GatewayFault ? cause.error : { code: 'internal', message: 'The gateway failed.' }
}

export async function answerHealth(response: ClientResponse): Promise<void> {
  response.open(200, { 'content-type': 'application/json' })
  await response.write('{"status":"ok"}')
  await response.end()
}
