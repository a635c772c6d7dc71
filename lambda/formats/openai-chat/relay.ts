import type { Frame } from '../../framing/sse.ts'

const choicesOpening = '"choices":['
const choiceOpening = '{"index":'
const routineDeltas = [',"delta":{"content":"', ',"delta":{"reasoning_content":"', ',"delta":{"reasoning":"']
const finishKey = '"finish_reason":'

/**
 * Is this a chunk of one choice whose delta is one piece of text, with nothing else that matters? Decided without
 * parsing, and true only for the exact shape OpenAI writes: no other object stands before the choice (so no usage, no
 * error), none stands behind the delta, and the finish reason is null or absent. A quote inside a JSON string is always
 * escaped, so text cannot imitate a key.
 */
export function isRoutine(frame: Frame): boolean {
  if (frame.event !== '') return false
  const data = frame.data
  const choice = data.indexOf('{', 1)
  const isFirstObject = data.startsWith(choicesOpening, choice - choicesOpening.length)
  if (choice < 0 || !isFirstObject || !data.startsWith(choiceOpening, choice)) return false
  const text = textStart(data, choice + choiceOpening.length + 1)
  if (text < 0) return false
  const end = data.indexOf('"', text)
  // An empty text may be the role's chunk. A quote that is escaped is not the end of the text: rare enough to parse.
  if (end <= text || data[end - 1] === '\\' || data[end + 1] !== '}') return false
  return hasPlainTail(data, end + 2) && !data.includes('"error"')
}

/** Where the delta's text starts, behind a choice index of one digit; -1 if it is not the first thing in the delta. */
function textStart(data: string, from: number): number {
  for (const opening of routineDeltas) if (data.startsWith(opening, from)) return from + opening.length
  return -1
}

function hasPlainTail(data: string, from: number): boolean {
  if (data.indexOf('{', from) >= 0) return false
  const finish = data.indexOf(finishKey, from)
  return finish < 0 || data.startsWith('null', finish + finishKey.length)
}
