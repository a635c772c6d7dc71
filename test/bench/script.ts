/**
 * How the bench's provider answers. It travels in the model's name, because that reaches the provider through every way
 * there is: direct, pipe, relay, convert.
 */
export interface Script {
  /** Content deltas after the first. */
  deltas: number
  /** Milliseconds between two deltas; 0: as fast as the reader takes them. */
  everyMs: number
  /** Milliseconds from the request to the first token. */
  thinkMs: number
  /** Characters of each delta; without it they are words. */
  characters?: number
}

export function writeScript({ deltas, everyMs, thinkMs, characters = 0 }: Script): string {
  return `bench-${deltas}-${everyMs}-${thinkMs}-${characters}`
}

/** @throws when the name is none of `writeScript` */
export function readScript(model: string): Required<Script> {
  const [, deltas, everyMs, thinkMs, characters] = /^bench-(\d+)-(\d+)-(\d+)-(\d+)$/.exec(model) ?? []
  if (deltas === undefined) throw new Error(`"${model.slice(0, 100)}" is no script`)
  return {
    deltas: Number(deltas),
    everyMs: Number(everyMs),
    thinkMs: Number(thinkMs),
    characters: Number(characters),
  }
}
