/** How a function URL hands the answer over: as the function writes it, or whole. */
export type InvokeMode = 'RESPONSE_STREAM' | 'BUFFERED'

/** One deployable function as the synthesized template describes it. */
export interface FunctionSpec {
  /** Short name for logs and outputs: `stream`, `buffer`, `usage`. */
  name: string
  /** Folder of the bundle, absolute: what Lambda unpacks to /var/task. */
  codeDir: string
  /** `file.export`, as in the template's `Handler`. */
  handler: string
  /** The template's `Environment.Variables`, references resolved to local values. */
  env: Record<string, string>
  memoryMb: number
  /** The function's whole time for one request, from delivery to the next `/next`. */
  timeoutMs: number
  invokeMode: InvokeMode
  /** `nodejs24.x`: becomes AWS_EXECUTION_ENV. */
  runtime: string
}

/** Platform limits in bytes (Lambda quotas page; the exact figures are those of the platform's own error messages). */
export const LIMITS = {
  /** Request event as JSON; beyond it 413. */
  requestEvent: 6_291_456,
  /** Returned JSON of a buffered answer; beyond it 502. */
  bufferedResponse: 6_291_556,
  /** Streamed answer; beyond it the connection is cut. */
  streamedResponse: 200 * 1024 * 1024,
} as const

/** One line of output: of a function process, or of the local runtime itself (`source` is then `local`). */
export interface LogLine {
  source: string
  text: string
}

export type LogSink = (line: LogLine) => void
