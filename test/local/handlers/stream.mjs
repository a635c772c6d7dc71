// A streaming function whose path says what it does.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
let invocations = 0

const from = (stream, statusCode, headers, cookies) =>
  awslambda.HttpResponseStream.from(stream, { statusCode, headers, cookies })

const acts = {
  async '/event'(event, stream, context) {
    from(stream, 200, { 'content-type': 'application/json' })
    stream.write('')
    stream.end(JSON.stringify({ event, remainingMs: context.getRemainingTimeInMillis() }))
  },
  async '/tokens'(_event, stream) {
    from(stream, 200, { 'content-type': 'text/event-stream' })
    for (let index = 0; index < 4; index++) {
      stream.write(`data: ${index}\n\n`)
      await sleep(80)
    }
    stream.end()
  },
  async '/head-only-first'(_event, stream) {
    from(stream, 202, {})
    stream.write('')
    await sleep(300)
    stream.end('late')
  },
  async '/headers'(_event, stream) {
    const headers = { 'Content-Type': 'text/plain', 'WWW-Authenticate': 'Bearer', Date: 'yesterday', Server: 'mine' }
    from(stream, 418, { ...headers, connection: 'close', 'content-length': '3', 'x-number': 7 }, ['a=1; Path=/', 'b=2'])
    stream.write('tea')
    stream.end()
  },
  async '/plain'(_event, stream) {
    stream.setContentType('text/plain')
    stream.write('no prelude')
    stream.end()
  },
  async '/bad-prelude'(_event, stream) {
    from(stream, 'many', {})
    for (const part of ['one', 'two', 'three']) {
      stream.write(part)
      await sleep(20)
    }
    stream.end('four')
  },
  async '/no-write'(_event, stream) {
    from(stream, 404, { 'content-type': 'text/plain' })
    stream.end('lost')
  },
  async '/throw-early'() {
    throw new Error('thrown before anything')
  },
  async '/throw-late'(_event, stream) {
    from(stream, 200, {})
    stream.write('half')
    await sleep(50)
    throw new Error('thrown in the middle')
  },
  async '/crash'() {
    process.exit(3)
  },
  async '/crash-late'(_event, stream) {
    from(stream, 200, {})
    stream.write('half')
    await sleep(50)
    process.exit(3)
  },
  async '/hang'() {
    await sleep(60_000)
  },
  async '/hang-late'(_event, stream) {
    from(stream, 200, {})
    stream.write('half')
    await sleep(60_000)
  },
  async '/record'(_event, stream) {
    from(stream, 200, {})
    stream.write(String(process.pid))
    stream.end()
    await sleep(400)
    console.log(JSON.stringify({ event: 'recorded' }))
  },
  async '/slow'(_event, stream) {
    await sleep(300)
    from(stream, 200, {})
    stream.write(String(process.pid))
    stream.end()
  },
  async '/pid'(_event, stream) {
    from(stream, 200, { 'x-invocations': String(invocations) })
    stream.write(String(process.pid))
    stream.end()
  },
  async '/until-told'(_event, stream) {
    from(stream, 200, {})
    for (let index = 0; index < 5; index++) {
      stream.write('x'.repeat(1000))
      await sleep(40)
    }
    console.log('wrote everything')
    stream.end()
  },
  async '/big'(event, stream) {
    from(stream, 200, {})
    const chunk = Buffer.alloc(1024 * 1024, 'a')
    for (let sent = 0; sent < Number(event.queryStringParameters.megabytes); sent++) {
      if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
    }
    stream.end()
  },
  async '/environment'(_event, stream) {
    from(stream, 200, {})
    stream.write(JSON.stringify(process.env))
    stream.end()
  },
}

export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  invocations++
  await acts[event.rawPath](event, stream, context)
})
