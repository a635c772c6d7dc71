import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { codecs } from '../support/codecs.ts'
import { detectedFormat, formatIds } from './formats.ts'
import { type Outcome, runPipeline } from './pipeline.ts'

// A behaviour is a folder test/fixtures/<case> with a provider's bytes, and reviewed goldens test/golden/<case>.*.

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
export const goldens = fileURLToPath(new URL('../golden', import.meta.url))

/** Every case, sorted. */
export function fixtureNames(): string[] {
  return readdirSync(fixtures).sort()
}

export function upstreamOf(name: string): string {
  return join(fixtures, name, 'upstream.sse')
}

export function isFixture(name: string): boolean {
  return existsSync(upstreamOf(name))
}

/**
 * What a client of each format gets for a case, by file name:
 * - `<case>.<format>.sse`: the stream; left out for a relay that passes every byte unchanged
 * - `<case>.<format>.json`: the object of a client that does not stream
 * - `<case>.<format>.error.json`: the HTTP error that takes its place, and what a client that streams gets
 * - `<case>.losses.json`: the named losses by client format; left out where there are none
 */
export async function goldensOf(name: string): Promise<Map<string, string>> {
  const bytes = readFileSync(upstreamOf(name))
  const from = detectedFormat(upstreamOf(name), bytes.toString())
  const files = new Map<string, string>()
  const losses: Partial<Record<FormatId, string[]>> = {}
  for (const to of formatIds) {
    const stream = await runPipeline({ from, to, body: [bytes] })
    const buffer = await runPipeline({ from, to, body: [bytes], buffered: true })
    const isUnchanged = stream.body.equals(bytes)
    if (!stream.refused && !isUnchanged) files.set(`${name}.${to}.sse`, stream.body.toString())
    if (!buffer.refused) files.set(`${name}.${to}.json`, pretty(JSON.parse(buffer.body.toString())))
    else files.set(`${name}.${to}.error.json`, pretty({ ...httpError(to, buffer), stream: told(stream) }))
    if (stream.losses.length > 0) losses[to] = stream.losses
  }
  if (Object.keys(losses).length > 0) files.set(`${name}.losses.json`, pretty(losses))
  return files
}

function httpError(to: FormatId, { refused }: Outcome) {
  return refused ? codecs[to].writeError(refused, 'req_test') : {}
}

function told({ refused, error }: Outcome): string {
  if (refused) return 'the same HTTP error'
  return error ? 'an error in band' : 'as if it were complete'
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** The reviewed goldens of a case, by file name. */
export function reviewedGoldens(name: string): Map<string, string> {
  const own = existsSync(goldens) ? readdirSync(goldens).filter((file) => file.startsWith(`${name}.`)) : []
  return new Map(own.sort().map((file) => [file, readFileSync(join(goldens, file), 'utf8')]))
}
