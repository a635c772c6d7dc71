import { describeError } from '../log.ts'
import { unknown, unpriced } from '../metrics/pricing.ts'
import type { Session } from './session.ts'

/** What is known when the client has everything stands in the log before that: from then on the function may be killed. */
export function keepProvisional(session: Session): void {
  const { recording, losses, deps } = session
  try {
    const record = recording.record(losses.list(), unpriced)
    deps.logger.provisional({ record, billable: recording.billable() })
  } catch (cause) {
    tell(session, 'the answer could not be logged', cause)
  }
}

/** Prices, logs and stores the one record. The client has its answer: what fails here is a log line, and the rest is done. */
export async function keepRecord(session: Session): Promise<void> {
  const { recording, losses, deps } = session
  const contained = async <Result>(failure: string, step: () => Result | Promise<Result>) => {
    try {
      return await step()
    } catch (cause) {
      tell(session, failure, cause)
      return undefined
    }
  }
  const price = () => deps.pricing.price(recording.billable())
  const cost = (await contained('the price could not be calculated', price)) ?? unknown('no-price-table')
  const record = await contained('the record was lost', () => recording.record(losses.list(), cost))
  if (!record) return
  await contained('the request could not be logged', () => deps.logger.request(record))
  await contained('the record was lost', () => deps.recorder.record(record))
}

function tell({ recording, deps }: Session, message: string, cause: unknown): void {
  deps.logger.log('error', message, { requestId: recording.requestId, error: describeError(cause) })
}
