import type { Frame } from '../../../lambda/framing/sse.ts'
import { codecs } from '../../support/codecs.ts'
import { formatIds } from '../formats.ts'
import { type Json, readObject, readStream } from '../independent-reader.ts'
import { runPipeline } from '../pipeline.ts'
import { type Check, compareTexts, type Passage, type Violation } from './check.ts'
import { differences, seenIn } from './translation.ts'

/** A provider that ignores `stream: true` answers with an object; clients of every format read the same in it. */
export const objectIsCutIntoAStream: Check = async (passage) => {
  const { recording, buffer } = passage
  const violations: Violation[] = []
  if (!buffer.refused) violations.push(...(await cut(passage, 'folded object', JSON.parse(buffer.body.toString()))))
  if (recording.whole) violations.push(...(await cut(passage, '.json beside', recording.whole)))
  return violations
}

async function cut({ recording: { format } }: Passage, what: string, object: Json): Promise<Violation[]> {
  const expected = readObject(format, object)
  const body = Buffer.from(codecs[format].cutObject(object).map(written).join(''))
  const violations = report(`${what}, cut: `, differences({ ...expected }, readStream(format, body.toString()), true))
  for (const to of formatIds.filter((id) => id !== format)) {
    const outcome = await runPipeline({ from: format, to, body: [body] })
    const found = readStream(to, outcome.body.toString())
    violations.push(...report(`${what} → ${to}: `, differences(seenIn(to, expected), found, true)))
  }
  return violations
}

function written({ event, data }: Frame): string {
  return `${event && `event: ${event}\n`}data: ${data}\n\n`
}

function report(check: string, found: ReturnType<typeof differences>): Violation[] {
  return found.flatMap(({ what, expected, found }) => compareTexts(check + what, expected, found))
}
