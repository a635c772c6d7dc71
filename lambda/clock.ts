/**
 * Milliseconds on a clock that only goes forward. Not `performance.now()`, whose first use loads all of
 * `node:perf_hooks` in the first request.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
