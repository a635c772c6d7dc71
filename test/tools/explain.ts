import { existsSync, readFileSync } from 'node:fs'
import { type LossCode, Losses } from '../../lambda/events/losses.ts'
import type { StreamEvent } from '../../lambda/events/stream-event.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type Frame, SseReader } from '../../lambda/framing/sse.ts'
import { Collector } from '../../lambda/metrics/collector.ts'
import { quirksOf } from '../../lambda/providers/quirks.ts'
import { codecs } from '../support/codecs.ts'
import { main, readArguments, UsageError } from './cli.ts'
import { columnWidths, layRow, visible } from './columns.ts'
import { chosenFormat, detectedFormat, formatIds } from './formats.ts'
import { countingMint, createTransfer } from './pipeline.ts'

const help = `npm run explain -- <file.sse> [--to <format>] [--from <format>] [--json] [--width <columns>]

Three columns: the provider's event, the canonical events it became, the text a client of --to gets for it.
Formats: ${formatIds.join(', ')} (or chat, messages, responses). --from is found in the content.
Without --to, the format is converted to another one.`

/** What one event of the provider led to. */
interface Step {
  frame: string
  events: StreamEvent[]
  emitted: string
  /** First named here. */
  losses: LossCode[]
}

async function run(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    to: { type: 'string' },
    from: { type: 'string' },
    json: { type: 'boolean' },
    width: { type: 'string' },
  })
  const [path] = positionals
  if (path === undefined) throw new UsageError(`Which file?\n\n${help}`)
  if (!existsSync(path)) throw new UsageError(`There is no ${path}.`)
  const bytes = readFileSync(path)
  const from = values.from ? chosenFormat('--from', values.from) : detectedFormat(path, bytes.toString())
  const to = values.to ? chosenFormat('--to', values.to) : otherThan(from)
  const steps = explain(bytes, from, to)
  if (values.json) console.log(withoutNative({ from, to, steps }, 2))
  else print(steps, from, to, Number(values.width) || process.stdout.columns || 160)
  return 0
}

function otherThan(format: FormatId): FormatId {
  return format === 'openai-chat' ? 'anthropic-messages' : 'openai-chat'
}

/** Runs the real decoder a second time beside the transfer, to see the events it makes of each frame. */
function explain(bytes: Buffer, from: FormatId, to: FormatId): Step[] {
  const losses = new Losses()
  const transfer = createTransfer({ from, to }, new Collector(() => 0), losses)
  const decoder = codecs[from].createDecoder({ quirks: quirksOf({ id: '', baseUrl: '' }), mint: countingMint() })
  const reader = new SseReader()
  const known = new Set<LossCode>()
  const step = (
    frame: string,
    decode: (emit: (event: StreamEvent) => void) => void,
    emit: () => Uint8Array | string,
  ) => {
    const events: StreamEvent[] = []
    decode((event) => events.push(event))
    const emitted = Buffer.from(emit()).toString()
    const fresh = losses.list().filter((loss) => !known.has(loss))
    for (const loss of fresh) known.add(loss)
    return { frame, events, emitted, losses: fresh }
  }
  const steps = reader.push(bytes).map((frame) =>
    step(
      shown(frame),
      (emit) => frame.data !== '' && decoder.push(frame, emit),
      () => transfer.push([frame]),
    ),
  )
  const last = reader.end()
  const end = step(
    last ? shown(last) : '(end of body)',
    (emit) => {
      if (last) decoder.push(last, emit)
      decoder.end(emit)
    },
    () => transfer.end(last),
  )
  return end.events.length > 0 || end.emitted !== '' ? [...steps, end] : steps
}

/** The frame's own lines; a comment has no data but bytes. */
function shown(frame: Frame): string {
  return Buffer.from(frame.bytes ?? Buffer.from(frame.data))
    .toString()
    .trimEnd()
}

function print(steps: readonly Step[], from: FormatId, to: FormatId, terminal: number): void {
  const widths = columnWidths(terminal, [4, 4, 5])
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─')
  console.log(layRow([[`${from} frame`], ['canonical events'], [`${to} text`]], widths).join('\n'))
  console.log(rule)
  for (const { frame, events, emitted, losses } of steps) {
    const lost = losses.map((loss) => `! loss ${loss}`)
    const columns = [linesOf(frame), [...events.map(describe), ...lost], linesOf(emitted)]
    console.log(layRow(columns, widths).join('\n'))
    console.log(rule)
  }
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => visible(line))
}

/** `block-delta 0 text text "Hi"`: the type, then whatever distinguishes the event, without its native object. */
function describe(event: StreamEvent): string {
  const { type, ...rest } = event
  const fields = Object.entries(rest).filter(([key]) => type === 'native' || key !== 'native')
  const said = fields.map(([key, value]) => (key === 'index' ? String(value) : `${key} ${told(value)}`))
  return visible([type, ...said].join(' ').replace(' delta ', ' ').replace(' block ', ' '))
}

/** A block or delta as its kind and its fields, anything else as JSON. */
function told(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return withoutNative(value)
  const { kind, ...rest } = value
  const said = Object.entries(rest).map(([key, inner]) => `${key} ${withoutNative(inner)}`)
  return [String(kind), ...said].join(' ')
}

/** As JSON without the native objects: the frame beside it has them all. */
function withoutNative(value: unknown, indent?: number): string {
  return JSON.stringify(value, (key, inner) => (key === 'native' ? undefined : inner), indent) ?? 'undefined'
}

await main(run)
