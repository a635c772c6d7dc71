/**
 * Why an answer ended. `tool-calls` wins over `stop` wherever a client tool was called; `length`, `content-filter` and
 * `context-window` win over `tool-calls`, since the calls may be incomplete. No finish at all is never `stop`.
 */
export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'context-window'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'compaction'
  | 'malformed-tool-call'
  | 'other'
