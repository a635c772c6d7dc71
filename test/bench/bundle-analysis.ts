import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFunction, type EntryName, entryPoints, maxEntryBytes } from '../../infra/bundle.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type LoadedChunk, traceFirstRequest } from './first-loads.ts'
import type { Row } from './report.ts'

/** So many of the source files that a chunk is made of are named, the largest. */
const named = 4
/** Smaller chunks are counted but not listed: what two larger ones share. */
const listedBytes = 4_000
const M = 'anthropic-messages'
const traced = [
  { name: 'relay M', client: M, upstream: M },
  { name: 'convert C←M', client: 'openai-chat', upstream: M },
] satisfies { name: string; client: FormatId; upstream: FormatId }[]

/**
 * What ships, and what of it a new environment loads before its first request goes out to the provider, and after: the
 * chunks themselves go to `notes`.
 */
export async function measureBundles(notes: string[]): Promise<Row[]> {
  const parent = await mkdtemp(join(tmpdir(), 'sluice-bundles-'))
  const rows: Row[] = []
  try {
    for (const name of Object.keys(entryPoints) as EntryName[]) {
      const { entryBytes } = await bundleFunction({ name, entry: entryPoints[name], parent })
      const budget = { of: 'value', atMost: maxEntryBytes / 1000 } as const
      rows.push({ section: 'bundle', name: `entry chunk, ${name}`, value: entryBytes / 1000, unit: 'KB', budget })
    }
    const stream = await bundleFunction({ name: 'stream', entry: entryPoints.stream, parent })
    for (const { name, client, upstream } of traced) {
      const { before, after } = await traceFirstRequest(stream, client, upstream)
      const value = before.reduce((sum, { bytes }) => sum + bytes, 0) / 1000
      rows.push({ section: 'bundle', name: `loaded before the request goes out, ${name}`, value, unit: 'KB' })
      notes.push(...describe(`${name}, before the request goes out`, before), ...describe(`${name}, later`, after))
    }
    return rows
  } finally {
    await rm(parent, { recursive: true })
  }
}

/** A line a chunk, in the order in which they are loaded. */
function describe(when: string, chunks: LoadedChunk[]): string[] {
  const listed = chunks.filter(({ bytes }) => bytes >= listedBytes)
  return listed.map(({ bytes, inputs }) => {
    const largest = inputs.slice(0, named).map((input) => input.replace(/^.*node_modules\//, ''))
    return `${when}: ${bytes} bytes: ${largest.join(', ')}${inputs.length > named ? ', …' : ''}`
  })
}
