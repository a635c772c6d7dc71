'use strict'
/*
 * Stand-in for `rapid-client.node`, the native HTTP client of aws-lambda-ric 4, which needs a compiler at install time.
 * Loaded with `--require` into every function process: it answers the runtime's `require('./rapid-client.node')` with
 * the same three functions (see the package's src/native/rapid-client.cc), so node_modules stays untouched.
 * Plain JavaScript, because stripping types would cost every cold start some milliseconds.
 */
const http = require('node:http')
const { registerHooks } = require('node:module')
const { pathToFileURL } = require('node:url')

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

// The native client blocks in done() and error() until the runtime API has answered; here next() waits for them instead,
// which gives the platform the same order of calls.
let posted = Promise.resolve()

/** One call of the runtime API; resolves with status, headers and the whole body as text. */
function call(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path, headers, agent }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function post(path, body, headers, what) {
  const bytes = Buffer.from(body, 'utf8')
  const reply = await call(
    'POST',
    path,
    { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
    bytes,
  )
  if (reply.status >= 300) {
    process.stderr.write(`LAMBDA_RUNTIME Failed to post ${what}. Http response code: ${reply.status}. ${reply.text}\n`)
  }
}

exports.next = async () => {
  await posted
  const reply = await call('GET', '/2018-06-01/runtime/invocation/next')
  return { bodyJson: reply.text, headers: reply.headers }
}

exports.done = (id, json) => {
  posted = post(`/2018-06-01/runtime/invocation/${id}/response`, json, {}, 'handler success response')
}

exports.error = (id, json, xrayCause) => {
  const headers = xrayCause === '' ? {} : { 'lambda-runtime-function-xray-error-cause': encodeURI(xrayCause) }
  posted = post(`/2018-06-01/runtime/invocation/${id}/error`, json, headers, 'handler error response')
}

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== './rapid-client.node') return nextResolve(specifier, context)
    // Done after the first hit: the function's own modules load without a hook in the way.
    hooks.deregister()
    return { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
  },
})
