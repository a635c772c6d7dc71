/** One event of a stream that the gateway wrote. */
export interface WrittenFrame {
  event?: string
  data: string
}

export interface WrittenStream {
  frames: WrittenFrame[]
  /** Departures from what the gateway may write, by the rules of `readWritten`. */
  problems: string[]
}

/**
 * Reads a stream that the gateway wrote itself, strictly: LF, `event: ` at most once and first, one `data: ` line, one
 * blank line; between events keep-alive comments in a line of their own.
 */
export function readWritten(text: string): WrittenStream {
  const frames: WrittenFrame[] = []
  const problems: string[] = []
  let event: string | undefined
  let data: string | undefined
  for (const line of linesOf(text, problems)) {
    const inside = event !== undefined || data !== undefined
    if (line === '') {
      if (data === undefined) problems.push('a blank line that ends no event')
      else frames.push({ ...(event !== undefined && { event }), data })
      event = undefined
      data = undefined
    } else if (line.startsWith(':') && !inside) continue
    else if (line.startsWith('event: ') && !inside) event = line.slice('event: '.length)
    else if (line.startsWith('data: ') && data === undefined) data = line.slice('data: '.length)
    else problems.push(`a line that belongs to no event: ${JSON.stringify(line.slice(0, 80))}`)
  }
  if (event !== undefined || data !== undefined) problems.push('the last event does not end')
  return { frames, problems }
}

function linesOf(text: string, problems: string[]): string[] {
  if (text.includes('\r')) problems.push('a carriage return')
  const lines = text.split('\n')
  if (lines.pop() !== '') problems.push('the stream ends inside a line')
  return lines
}
