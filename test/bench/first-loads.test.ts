import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bundle, bundleFunction, entryPoints } from '../../infra/bundle.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type LoadedChunk, traceFirstRequest } from './first-loads.ts'

let parent: string
let bundle: Bundle

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-loads-'))
  bundle = await bundleFunction({ name: 'stream', entry: entryPoints.stream, parent })
})

afterAll(() => rm(parent, { recursive: true }))

const heavy = {
  'the AWS SDK': /node_modules\/(@aws-sdk|@smithy)\//,
  zod: /node_modules\/zod\//,
  'the price table': /node_modules\/@pydantic\/genai-prices\//,
}

function heavyIn(chunks: LoadedChunk[]): string[] {
  const inputs = chunks.flatMap((chunk) => chunk.inputs)
  return Object.entries(heavy).flatMap(([name, pattern]) => (inputs.some((input) => pattern.test(input)) ? name : []))
}

test.each([
  ['a relay', 'anthropic-messages', 'anthropic-messages'],
  ['a relay', 'openai-responses', 'openai-responses'],
  ['a conversion', 'openai-chat', 'anthropic-messages'],
  ['a conversion', 'openai-responses', 'openai-chat'],
] satisfies [string, FormatId, FormatId][])(
  'before the provider has its request, %s (%s ← %s) loads no AWS SDK, no zod and no prices',
  async (_, client, upstream) => {
    const { before, after } = await traceFirstRequest(bundle, client, upstream)
    expect(before.flatMap((chunk) => chunk.inputs)).toContain(entryPoints.stream)
    expect(before.flatMap((chunk) => chunk.inputs)).toContain(`lambda/formats/${client}/index.ts`)
    expect(heavyIn(before)).toEqual([])
    // They do come, and the trace sees them.
    expect(heavyIn(after)).toEqual(expect.arrayContaining(['the AWS SDK', 'the price table']))
  },
)
