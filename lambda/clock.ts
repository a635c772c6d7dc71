/**
 * Milliseconds on a clock that only goes forward. Not `performance.now()`, whose first use loads all of
 * `node:perf_hooks`: 2 ms of a core in the first request.
 */
export function monotonicMs(): number {
  return process.uptime() * 1000
}
