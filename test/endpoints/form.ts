/** A multipart body as a client writes it: text fields, then one file. */
export interface Form {
  contentType: string
  body: Buffer
}

const boundary = '----boundary-of-the-test'

export function form(fields: Record<string, string>, bytes: Uint8Array, name = 'file'): Form {
  const texts = Object.entries(fields).map(
    ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
  )
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.bin"\r\nContent-Type: audio/wav\r\n\r\n`
  const body = Buffer.concat([Buffer.from(texts.join('') + file), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { contentType: `multipart/form-data; boundary=${boundary}`, body }
}

/** Every byte there is, a boundary's look-alike and line ends among them. */
export const anyBytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n--not-the-boundary\r\n\0'),
])
