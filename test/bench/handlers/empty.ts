/** The least a streaming function can be: what starting the runtime itself costs. */
export const handler = awslambda.streamifyResponse(async (_event, stream) => {
  const body = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'text/plain' } })
  // Ending with a body loses status and headers: they go out with the first write.
  body.write('empty')
  body.end()
})
