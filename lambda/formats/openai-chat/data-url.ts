/**
 * `data:<media type>[;…];base64,<data>` in its parts; text that is not base64 becomes base64. Undefined for any other
 * URL. The data itself is not checked: only its reader can tell.
 */
export function parseDataUrl(url: string): { mediaType: string; data: string } | undefined {
  if (!url.startsWith('data:')) return undefined
  const comma = url.indexOf(',')
  if (comma < 0) return undefined
  const [mediaType = '', ...parameters] = url.slice('data:'.length, comma).split(';')
  const data = url.slice(comma + 1)
  if (parameters.includes('base64')) return { mediaType: mediaType || 'text/plain', data }
  return { mediaType: mediaType || 'text/plain', data: Buffer.from(unescaped(data)).toString('base64') }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign: the text is meant as it stands
  }
}

export function dataUrl(mediaType: string, base64: string): string {
  return `data:${mediaType};base64,${base64}`
}
