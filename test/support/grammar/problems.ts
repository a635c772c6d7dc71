/** Collects departures from a grammar; the first ones of a broken stream tell, hundreds do not. */
export class Problems {
  readonly list: string[] = []

  expect(holds: boolean, complaint: string): void {
    if (!holds && this.list.length < 10) this.list.push(complaint)
  }
}

export type Json = Record<string, unknown>

export function asJson(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}
