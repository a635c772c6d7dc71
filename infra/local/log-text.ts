import type { LogLine } from './function-spec.ts'

/** Time, request id and level that the runtime puts before a console line, separated by tabs. */
const RUNTIME_PREFIX = /^\d{4}-\d\d-\d\dT[\d:.]+Z\t\S+\t[A-Z]+\t(?=\{)/

/**
 * A log line as `npm start` shows it: who said it, then the text. A JSON line (the record of a request) is shown without
 * the runtime's prefix, so that it can be cut out and parsed; line breaks that the runtime turned into CR come back.
 */
export function logText({ source, text }: LogLine): string {
  const shown = text.replace(RUNTIME_PREFIX, '').replaceAll('\r', '\n')
  return shown.replaceAll(/^/gm, `${source.padEnd(6)} | `)
}
