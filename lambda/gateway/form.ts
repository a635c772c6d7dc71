import { invalidRequest } from '../errors.ts'

/** A text field of a form: its value and where that stands in the body. */
export interface FormField {
  name: string
  value: string
  start: number
  end: number
}

/** Longer values are content, not settings: they are neither read nor edited. */
const maxValueBytes = 4096
/** Beyond it a form is refused: no API of this kind takes as many. */
const maxParts = 1000

/**
 * The text fields of a `multipart/form-data` body with their places, files left out: enough to route a form and to
 * replace a value without re-encoding anything (RFC 7578). Names repeat where the client repeats them.
 * @throws GatewayFault invalid_request if the body is no such form
 */
export function readForm(body: Buffer, contentType: string): FormField[] {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType)
  if (!boundary) throw invalidRequest('The multipart body names no boundary in its content-type.')
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const fields: FormField[] = []
  let at = body.indexOf(delimiter)
  for (let parts = 0; at >= 0; parts++) {
    if (parts > maxParts) throw invalidRequest(`The form has more than ${maxParts} parts.`)
    const head = at + delimiter.length
    if (body.toString('latin1', head, head + 2) === '--') return fields
    const next = body.indexOf(`\r\n${delimiter}`, head)
    const blank = body.indexOf('\r\n\r\n', head)
    if (next < 0 || blank < 0 || blank > next) break
    const field = readPart(body, { head, start: blank + 4, end: next })
    if (field) fields.push(field)
    at = next + 2
  }
  throw invalidRequest('The multipart body is not complete.')
}

function readPart(body: Buffer, { head, start, end }: { head: number; start: number; end: number }) {
  const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(body.toString('utf8', head, start))?.[1] ?? ''
  const name = /;?\s*name="([^"]*)"/i.exec(disposition)?.[1]
  if (name === undefined || /filename\*?=/i.test(disposition) || end - start > maxValueBytes) return undefined
  return { name, value: body.toString('utf8', start, end), start, end }
}

/** The body with the values of some fields replaced; fields the form does not have are not added. */
export function editForm(body: Buffer, fields: readonly FormField[], changes: Record<string, unknown>): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { name, start, end } of fields) {
    const change = changes[name]
    if (typeof change !== 'string') continue
    pieces.push(body.subarray(at, start), Buffer.from(change))
    at = end
  }
  return pieces.length === 0 ? body : Buffer.concat([...pieces, body.subarray(at)])
}
