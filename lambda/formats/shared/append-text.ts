/** Characters after which a text in the making is made one string, at least. */
const leastStep = 65_536

/**
 * `text + piece` for texts that grow by hundreds of thousands of pieces. V8 keeps a sum of strings as a tree of its
 * pieces, which takes four times the memory of a text in tokens; so each time the text has grown by about an eighth (64 Ki
 * characters at least) it is made one string. The work stays linear in the text's length.
 */
export function appendText(text: string, piece: string): string {
  const length = text.length + piece.length
  const step = Math.max(leastStep, 2 ** (28 - Math.clz32(length)))
  const isDue = Math.floor(length / step) !== Math.floor(text.length / step)
  return isDue ? [text, piece].join('') : text + piece
}
