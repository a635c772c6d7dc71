import type { Config } from './config-schema.ts'

/**
 * Everything about the deployed gateway that is a choice: edit, then `npx cdk deploy`.
 * Bounds are checked at synth (`config-schema.ts`); a value beyond them stops it with the path of the value.
 * Provider keys and gateway keys are not here but in the stack's secret, so that they never enter a template.
 */
export const config: Config = {
  /** CloudFormation's name of the stack; a second gateway in the same account and region needs another one. */
  stackName: 'Sluice',

  functions: {
    stream: {
      /** MB, and with it the share of a core (memory / 1769); beyond it the platform kills the environment. */
      memoryMb: 512,
      /** Seconds until the platform kills a request; the gateway ends the answer properly some seconds before. */
      timeoutSeconds: 900,
      /** Requests served at once; beyond it the platform answers 429. Unset: all that the account has left. */
      reservedConcurrency: undefined,
    },
    buffer: { memoryMb: 512, timeoutSeconds: 900, reservedConcurrency: undefined },
    /** Only reads the table. Memory is CPU here: a month of many keys is some ten thousand items to add up. */
    usage: { memoryMb: 1024, timeoutSeconds: 60, reservedConcurrency: undefined },
  },

  /** Clocks of one request to a provider, in milliseconds. When one runs out the client gets its format's timeout. */
  limits: {
    /** TCP and TLS together. */
    connectMs: 5_000,
    /** From the request's last byte to the provider's status line. */
    headersMs: 120_000,
    /** From the headers to the first content. Long, since models may think for minutes without a word. */
    firstContentMs: 600_000,
    /** Silence between two pieces of content. Pings and comments are silence too. */
    idleMs: 120_000,
    /** Wait after the finish reason for usage that trails it; then the answer ends without. */
    graceMs: 2_000,
    /** Silence after which the answer's head goes out and keep-alives start; from then on errors can only come in band. */
    keepAliveMs: 10_000,
    /** Kept before the function's timeout to end the stream properly and to write the record. */
    reserveMs: 5_000,
    /** With `onDisconnect: 'drain'`: how long an answer is read on that nobody takes; then it is aborted all the same. */
    drainMs: 30_000,
  },

  /**
   * What becomes of a provider's answer whose client has left. `abort`: the connection to the provider is closed at once,
   * and the record has the usage known by then. `drain`: it is read on for the final usage, for `limits.drainMs` at most;
   * nothing of it is kept, so that its size needs no bound. Lambda tells no function that its client has left: there it
   * is only known of clients that take nothing for a minute.
   */
  onDisconnect: 'abort',

  /**
   * Gzip towards clients that accept it, flushed event by event. Saves transfer to clients outside AWS and costs processor
   * time; “Compression” in the README has the figures.
   */
  compress: false,

  /** What the log tells of each answer: any of 'frames', 'events', 'timing'. Never content. For looking into a fault. */
  debug: [],

  /**
   * For Chat Completions clients that keep only text: reasoning goes into the content as `<thinking signature="…">` and is
   * found there in their history. Header `x-sluice-reasoning: text` or `fields` decides a single request.
   */
  reasoningText: false,

  /** Before the client has got anything: how often a provider is tried, and how long is waited between. */
  retry: {
    /** Tries a target gets, the first included; then the next target of its route, or the client's error. */
    triesPerTarget: 2,
    /** Milliseconds before the first repetition; doubles with each further one. */
    backoffMs: 250,
    /** Milliseconds; a provider that asks for a longer wait is not waited for. */
    maxBackoffMs: 5_000,
  },

  /**
   * Names clients may ask for, and the models to try for them, in order. A step is a model, or several by weight.
   * For example `{ fast: ['openai/gpt-5-mini', 'anthropic/claude-haiku-4-5'], split: [{ 'a/x': 3, 'b/y': 1 }] }`.
   */
  routes: {},

  /** Days a request's own record is kept; its day and hour aggregates stay. */
  recordDays: 90,

  /**
   * Prices of models the price table does not know, or gets wrong for you: US dollars for a million tokens (`_mtok`), a
   * thousand calls (`_kcount`), an hour of sound (`_hours`) or a million characters (`_mchars`). Keys are
   * `provider/model`, `model` or `provider/*`. What has no price of its own costs what its whole does (cache reads without
   * `cache_read_mtok` cost `input_mtok`). For example:
   *   'conly/my-model': { input_mtok: 0.2, output_mtok: 0.8 },
   *   'vllm/*': { input_mtok: 0, output_mtok: 0 },
   *   'gpt-5': { input_mtok: 1.25, output_mtok: 10, serviceTiers: { priority: { input_mtok: 2.5, output_mtok: 20 } } },
   *   long: { input_mtok: { base: 3, tiers: [{ start: 200_000, price: 6 }] }, output_mtok: 15 },
   */
  prices: {},

  /**
   * Partitions over which a key's aggregates are spread, by key id. One item takes some hundred requests a second; a key
   * with more needs several. Raise it whenever; after lowering it, earlier months of that key read too low. `anonymous`
   * counts the requests without a valid key, which anyone can send.
   */
  usageShards: { anonymous: 8 },

  /** Days the functions' log lines are kept: one of the values CloudWatch Logs knows. */
  logRetentionDays: 90,

  /** When an alarm rises; each figure is that of five minutes. What to do then: “Runbook” in the README. */
  alarms: {
    /** Percent of requests that failed through no fault of the client, in two of three periods. */
    errorRatePercent: 5,
    /** Fewer requests than this in a period tell no rate. */
    errorRateMinRequests: 20,
    /** Milliseconds to the first token that one request in twenty exceeds, in three periods on end. */
    ttftP95Ms: 30_000,
    /** Records that could not be stored and are in the log only. */
    spilledRecords: 1,
    /** Requests that Lambda refused with 429, of all functions together. */
    throttles: 1,
    /** Invocations that crashed or were killed, of all functions together. */
    functionErrors: 1,
  },

  /** Where alarms go by mail; AWS asks that address for its consent first. Undefined: they only show in CloudWatch. */
  alarmEmail: undefined,

  table: {
    /** Refuses to delete the table, be it by hand. Deleting the stack keeps the table in either case. */
    deletionProtection: true,
  },
}
