/** How a body is cut into network chunks. */
export type Split = { kind: 'whole' } | { kind: 'every'; bytes: number } | { kind: 'random'; seed: number }

/** `whole`, a number of bytes, or `random:<seed>`; undefined for anything else. */
export function readSplit(text: string): Split | undefined {
  if (text === 'whole') return { kind: 'whole' }
  const [word, seed = ''] = text.split(':')
  if (word === 'random' && isCount(seed)) return { kind: 'random', seed: Number(seed) }
  return isCount(text) && Number(text) > 0 ? { kind: 'every', bytes: Number(text) } : undefined
}

function isCount(text: string): boolean {
  return text !== '' && Number.isSafeInteger(Number(text)) && Number(text) >= 0
}

export function describeSplit(split: Split): string {
  if (split.kind === 'every') return `every ${split.bytes} byte${split.bytes === 1 ? '' : 's'}`
  return split.kind === 'random' ? `random:${split.seed}` : 'whole'
}

/** Views of the body, in order; random pieces have 1 to 400 bytes and depend on nothing but the seed. */
export function* chunksOf(body: Buffer, split: Split): Generator<Buffer> {
  if (split.kind === 'whole') {
    yield body
    return
  }
  const random = split.kind === 'random' ? mulberry32(split.seed) : undefined
  for (let from = 0; from < body.length; ) {
    const length = split.kind === 'every' ? split.bytes : 1 + Math.floor((random?.() ?? 0) * 400)
    yield body.subarray(from, from + length)
    from += length
  }
}

/** A small seeded generator (public domain, Tommy Ettinger): a failing split can be made again from its seed. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
