/** How figures look in a terminal. */

/** 1234567 is `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** Micro-dollars as dollars; what is unknown is a dash, never 0. */
export function dollars(micros: number | null): string {
  if (micros === null) return '-'
  const usd = micros / 1_000_000
  return `$${usd.toFixed(usd !== 0 && usd < 1 ? 6 : 2)}`
}

/** Milliseconds: `412 ms`, `3.1 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return '-'
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0%'
  const value = (part / whole) * 100
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}%`
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** A bar of at most `width` characters for a share from 0 to 1; anything above 0 is to be seen. */
export function bar(share: number, width: number): string {
  const filled = Math.min(width * 8, share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0)
  return '█'.repeat(Math.floor(filled / 8)) + (eighths[filled % 8] ?? '')
}
