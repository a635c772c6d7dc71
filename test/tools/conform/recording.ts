import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FormatId } from '../../../lambda/formats/codec.ts'
import { detectFormat } from '../formats.ts'
import { type Answer, type Json, readStream, readTerminalObject } from '../independent-reader.ts'

/** A recorded stream, and what an independent reader finds in it. */
export interface Recording {
  path: string
  bytes: Buffer
  format: FormatId
  expected: Answer
  /** What the provider's own whole answer at the end of the stream says, where it ends with one (Responses). */
  terminal?: Answer
  /** The provider's whole answer to the same request, if there is a `.json` beside the stream. */
  whole?: Json
}

export interface Skipped {
  path: string
  reason: string
}

/** Every `.sse` below a folder (or the one file), sorted. */
export function recordingsBelow(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sse'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** @param from the format, where it is known; else it is found in the content */
export function loadRecording(path: string, from?: FormatId): Recording | Skipped {
  const bytes = readFileSync(path)
  const detected = from ? ({ kind: 'format', format: from } as const) : detectFormat(bytes.toString())
  if (detected.kind === 'none') return { path, reason: detected.looksLike }
  const json = path.replace(/\.sse$/, '.json')
  const whole = existsSync(json) && json !== path ? { whole: JSON.parse(readFileSync(json, 'utf8')) as Json } : {}
  return { ...recordingOf(path, bytes, detected.format), ...whole }
}

/** @param path names it in reports */
export function recordingOf(path: string, bytes: Buffer, format: FormatId): Recording {
  const body = bytes.toString()
  const terminal = readTerminalObject(format, body)
  return { path, bytes, format, expected: readStream(format, body), ...(terminal && { terminal }) }
}
