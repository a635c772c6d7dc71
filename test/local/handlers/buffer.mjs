// A buffered function whose path says what it does.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const acts = {
  '/event': (event) => ({ statusCode: 200, body: JSON.stringify(event) }),
  '/object': () => ({ greeting: 'hello' }),
  '/string': () => 'hello',
  '/nothing': () => undefined,
  '/full': () => ({
    statusCode: 201,
    headers: { 'content-type': 'text/plain', date: 'yesterday' },
    cookies: ['a=1', 'b=2'],
    body: 'made',
  }),
  '/base64': () => ({
    statusCode: 200,
    headers: { 'content-type': 'image/png' },
    body: Buffer.from([0x89, 0x50, 0, 0xff]).toString('base64'),
    isBase64Encoded: true,
  }),
  '/throw': () => {
    throw new TypeError('thrown')
  },
  '/bad-status': () => ({ statusCode: 'many', body: '' }),
  '/bad-body': () => ({ statusCode: 200, body: { not: 'text' } }),
  '/bad-header': () => ({ statusCode: 200, headers: { 'x-bad': 'a\nb' }, body: '' }),
  '/crash': () => process.exit(3),
  '/hang': () => sleep(60_000),
  '/big': (event) => ({ statusCode: 200, body: 'a'.repeat(Number(event.queryStringParameters.bytes)) }),
}

export const handler = async (event) => acts[event.rawPath](event)
