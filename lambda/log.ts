import { defaultNamespace } from './config.ts'
import { membersOf, spilledMembers } from './metrics/embedded-metrics.ts'
import { type ProvisionalRecord, provisionalMembers } from './metrics/provisional.ts'
import type { UsageRecord } from './metrics/record.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * All that a line may carry beside its level, time and message. The list is closed, so that no header, body, key or
 * prompt can be passed by accident: what is not named here does not compile.
 */
export interface LogFields {
  requestId?: string
  provider?: string
  /** A failure in one line, by `describeError`. */
  error?: string
  /** HTTP status of whoever failed. */
  httpStatus?: number
  /** Milliseconds. */
  durationMs?: number
  attempt?: number
  /** Type of a frame or canonical event; its content stays out. */
  event?: string
  bytes?: number
  index?: number
}

export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

/** What a line goes to: a whole line with its newline. */
export type WriteLine = (line: string) => void

/**
 * Straight to the file descriptor: `console.log` on Lambda puts a time and id before the text, and the line would not
 * be JSON. Writing to a pipe is synchronous, so that no line is lost when the environment is frozen.
 */
export const toStdout: WriteLine = (line) => void process.stdout.write(line)

/** JSON lines: `{"level":…,"time":<ISO 8601>,"message":…,…fields}`. */
export interface Logger {
  log: Log
  /** What is known before the answer is whole. CloudWatch counts nothing here, as the request's own line follows. */
  provisional(provisional: ProvisionalRecord): void
  /** The line of a request that is over, with the names of the record. CloudWatch reads metrics from it. */
  request(record: UsageRecord): void
  /** The whole record of a request that could not be stored, marked so that it can be stored later. */
  spill(record: UsageRecord, reason: string): void
}

/** @param namespace of the metrics that CloudWatch reads from the lines */
export function createLogger(
  write: WriteLine = toStdout,
  now: () => number = Date.now,
  namespace = defaultNamespace,
): Logger {
  const line = (level: LogLevel, message: string, fields: object) =>
    write(`${JSON.stringify({ level, time: new Date(now()).toISOString(), message, ...fields })}\n`)
  return {
    log: (level, message, fields = {}) => line(level, message, fields),
    provisional: (provisional) => line('info', 'answer', provisionalMembers(provisional)),
    request: (record) => line('info', 'request', { ...record, ...membersOf(record, namespace, now()) }),
    spill: (record, reason) =>
      line('error', 'record not stored', { spilled: true, reason, ...record, ...spilledMembers(namespace, now()) }),
  }
}

/** Name, code and message of anything that was thrown, without its stack; 500 characters at most. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown'
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return `${error.name}${code}: ${error.message}`.slice(0, 500)
}

/**
 * A rejection that nobody awaits is a fault of ours, but no reason to end the process, as Node does by default: the request
 * under way would lose its answer and its record. To be called once a process.
 * https://nodejs.org/api/process.html#event-unhandledrejection
 */
export function outliveStrayRejections(log: Log): void {
  process.on('unhandledRejection', (reason) =>
    log('error', 'a promise was rejected and nobody awaited it', { error: describeError(reason) }),
  )
}
