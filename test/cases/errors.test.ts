import { describe, expect, it } from 'vitest'
import { directions, expectBroken, expectFailure, expectNoSuccess, pairs, title } from '../support/failures.ts'
import { ask, ways } from '../support/gateway.ts'
import { chatDelta, chatRole } from '../support/upstream/chat.ts'
import { begun, eventsOf, type Format, formats } from '../support/upstream/format.ts'
import { messageStart } from '../support/upstream/messages.ts'
import { baseline } from '../support/upstream/reply.ts'
import { numbered, responseBegin, responseObject } from '../support/upstream/responses.ts'
import { bodyOf, json, type Script, whole } from '../support/upstream/script.ts'
import { sseText, sseTexts, verbatim, type WireEvent } from '../support/upstream/sse-text.ts'

// An error is never a success, whenever it comes and whoever makes it.

const words = 'The model is on fire.'

function chatError(type = 'server_error', code: string | null = null): WireEvent {
  return { error: { message: words, type, param: null, code } }
}

function messagesError(type = 'api_error'): WireEvent {
  return { type: 'error', error: { type, message: words } }
}

function responsesError(code = 'server_error'): WireEvent {
  return { type: 'error', code, message: words, param: null }
}

function responseFailed(code = 'server_error'): WireEvent {
  return { type: 'response.failed', response: responseObject('failed', { error: { code, message: words } }) }
}

function broken(format: Format, ...errors: WireEvent[]): Script {
  const events = [...begun(format), ...errors]
  return whole(sseText(format === 'R' ? numbered(events) : events))
}

describe.concurrent('an error event after three tokens', () => {
  const shapes: [name: string, upstream: Format, script: Script][] = [
    ['a chat error', 'C', broken('C', chatError())],
    ['a chat error under event: error', 'C', broken('C', verbatim(`event: error\n${sseText([chatError()])}`))],
    ['a Messages error', 'M', broken('M', messagesError())],
    ['response.failed', 'R', broken('R', responseFailed())],
    ['a Responses error', 'R', broken('R', responsesError())],
    ['a Responses error and response.failed', 'R', broken('R', responsesError(), responseFailed())],
  ]
  for (const [name, upstream, script] of shapes) {
    for (const client of formats) {
      it(`${name}, ${client} client: in band in a stream`, async () => {
        const reply = await ask({ client, upstream, script })
        expect(reply.status).toBe(200)
        if (client === upstream) return expect(reply.text).toBe(bodyOf(script))
        expectBroken(reply, words)
        expect(reply.read().text).toBe('tok0 tok1 tok2 ')
      })
      it(`${name}, ${client} client: an error answer instead of half an answer`, async () => {
        for (const way of ['whole', 'buffered'] as const) {
          expectFailure(await ask({ client, upstream, way, script }), client, [500, 502], words)
        }
      })
    }
  }
})

describe.concurrent('an error as the first event of HTTP 200 is a real status', () => {
  const first: Record<Format, (code: string) => Script> = {
    C: (code) => whole(sseText([chatError(code, code)])),
    M: (code) => whole(sseText([messagesError(code)])),
    R: (code) => whole(sseText(numbered([responsesError(code)]))),
  }
  for (const { client, upstream, way } of directions) {
    it(`a server error, ${title({ client, upstream })}, ${way}`, async () => {
      const script = first[upstream](upstream === 'M' ? 'api_error' : 'server_error')
      expectFailure(await ask({ client, upstream, way, script }), client, [500, 502], words)
    })
    it(`a rate limit, ${title({ client, upstream })}, ${way}`, async () => {
      const script = first[upstream](upstream === 'M' ? 'rate_limit_error' : 'rate_limit_exceeded')
      expectFailure(await ask({ client, upstream, way, script }), client, 429, words)
    })
  }
  for (const client of formats) {
    it(`overload of a Messages provider, ${client} client`, async () => {
      for (const way of ways) {
        const reply = await ask({ client, upstream: 'M', way, script: first.M('overloaded_error') })
        expectFailure(reply, client, client === 'M' ? 529 : 503, words)
      }
    })
  }
})

describe.concurrent('an error right after the preamble is no success', () => {
  const scripts: Record<Format, Script> = {
    C: whole(sseText([chatRole, chatError()])),
    M: whole(sseText([messageStart(), messagesError()])),
    R: whole(sseText(numbered([...responseBegin, responseFailed()]))),
  }
  for (const { client, upstream, way } of directions) {
    it(`${title({ client, upstream })}, ${way}`, async () => {
      expectNoSuccess(await ask({ client, upstream, way, script: scripts[upstream] }), client)
    })
  }
})

describe.concurrent('a stream that breaks off', () => {
  const lastToken: Record<Format, string> = { C: 'tok2', M: 'tok2', R: 'tok2' }

  /** Two whole tokens, and half of the event with the third. */
  function cutInside(format: Format): { script: Script; good: string } {
    const texts = sseTexts(eventsOf[format](baseline))
    const at = texts.findIndex((each) => each.includes(lastToken[format]))
    const good = texts.slice(0, at).join('')
    const half = (texts[at] ?? '').slice(0, -20)
    return { good, script: { steps: [{ text: good }, { text: half, afterMs: 5 }], end: 'cut' } }
  }

  for (const { client, upstream } of pairs) {
    it(`inside an event gives the whole ones and an error, ${title({ client, upstream })}`, async () => {
      const { script, good } = cutInside(upstream)
      const reply = await ask({ client, upstream, script })
      expectBroken(reply)
      expect(reply.read().text).toBe('tok0 tok1 ')
      if (client === upstream) {
        expect(reply.text.startsWith(good)).toBe(true)
        expect(reply.text).not.toContain('tok2')
      }
    })
    it(`inside an event is a 502 for a whole answer, ${title({ client, upstream })}`, async () => {
      for (const way of ['whole', 'buffered'] as const) {
        expectFailure(await ask({ client, upstream, way, script: cutInside(upstream).script }), client, 502)
      }
    })
    it(`between events without an end is an error, too, ${title({ client, upstream })}`, async () => {
      const script = whole(sseText(begun(upstream)))
      const reply = await ask({ client, upstream, script })
      expectBroken(reply)
      expect(reply.read().text).toBe('tok0 tok1 tok2 ')
      if (client === upstream) expect(reply.text.startsWith(bodyOf(script))).toBe(true)
      for (const way of ['whole', 'buffered'] as const) {
        expectFailure(await ask({ client, upstream, way, script }), client, 502)
      }
    })
  }
})

const bodies: Record<Format, (status: number) => unknown> = {
  C: () => chatError('some_error'),
  R: () => chatError('some_error'),
  M: (status) => ({ type: 'error', error: { type: messagesWords[status], message: words }, request_id: 'req_1' }),
}
const messagesWords: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'api_error',
  529: 'overloaded_error',
}
const retryable = [429, 503, 529]

describe.concurrent('an HTTP error of the provider', () => {
  for (const status of Object.keys(messagesWords).map(Number)) {
    for (const { client, upstream } of pairs) {
      it(`${status}, ${title({ client, upstream })}`, async () => {
        const body = JSON.stringify(bodies[upstream](status))
        const script = json(status, body, retryable.includes(status) ? { 'retry-after': '7' } : {})
        for (const way of ways) {
          const reply = await ask({ client, upstream, way, script })
          if (client === upstream) expect([reply.status, reply.text]).toEqual([status, body])
          else expectFailure(reply, client, statusesAfter(status, client), words)
          if (retryable.includes(status)) expect(reply.header('retry-after')).toBe('7')
        }
      })
    }
  }
})

/** What a converted status may be: kept, but for overload and the provider's view of our credentials. */
function statusesAfter(status: number, client: Format): number[] {
  if (status === 503 || status === 529) return [client === 'M' ? 529 : 503]
  return status === 401 || status === 403 ? [status, 502] : [status]
}

describe.concurrent('an answer that is no event stream', () => {
  const page = '<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>'
  for (const { client, upstream } of pairs) {
    it(`an HTML page with 502, ${title({ client, upstream })}`, async () => {
      const script = { status: 502, headers: { 'content-type': 'text/html' }, steps: [{ text: page }] }
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script })
        if (client === upstream) expect([reply.status, reply.text]).toEqual([502, page])
        else {
          expectFailure(reply, client, [502, 503, 529])
          expect(reply.text).not.toContain('<')
        }
      }
    })
    it(`an empty body with 500, ${title({ client, upstream })}`, async () => {
      const script = { status: 500, steps: [] }
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script })
        if (client === upstream) expect(reply.status).toBe(500)
        else expectFailure(reply, client, [500, 502])
      }
    })
    it(`an HTML page with 200 is an error, ${title({ client, upstream })}`, async () => {
      const script = { headers: { 'content-type': 'text/html' }, steps: [{ text: page }] }
      for (const way of ways) expectFailure(await ask({ client, upstream, way, script }), client, 502)
    })
    it(`a whole object to a stream request is streamed all the same, ${title({ client, upstream })}`, async () => {
      for (const way of ways) {
        const reply = await ask({ client, upstream, way, script: json(200, wholeObjects[upstream]) })
        expect(reply.status, reply.text).toBe(200)
        expect(reply.read()).toMatchObject({ text: 'tok0 tok1 tok2 ', usage: { output: 42 } })
      }
    })
    it(`an error object with 200 is an error answer, ${title({ client, upstream })}`, async () => {
      const body = upstream === 'M' ? messagesError() : chatError()
      for (const way of ways) {
        expectFailure(await ask({ client, upstream, way, script: json(200, body) }), client, [500, 502], words)
      }
    })
    it(`an event stream without a byte is an error answer, ${title({ client, upstream })}`, async () => {
      for (const way of ways) expectFailure(await ask({ client, upstream, way, script: { steps: [] } }), client, 502)
    })
  }
})

const wholeObjects: Record<Format, object> = {
  C: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1767225600,
    model: 'fake-model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'tok0 tok1 tok2 ', refusal: null },
        finish_reason: 'stop',
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 25, completion_tokens: 42, total_tokens: 67 },
  },
  M: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'fake-model',
    content: [{ type: 'text', text: 'tok0 tok1 tok2 ' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 25, output_tokens: 42 },
  },
  R: responseObject('completed', {
    output: [
      {
        id: 'msg_1',
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'tok0 tok1 tok2 ', annotations: [], logprobs: [] }],
      },
    ],
    usage: {
      input_tokens: 25,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 42,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 67,
    },
  }),
}

describe.concurrent('an event that is not JSON', () => {
  const garbage = verbatim('data: {"this is": no JSON\n\n')
  const scripts: Record<Format, Script> = {
    C: whole(sseText([chatRole, chatDelta({ content: 'tok0 ' }), garbage, chatDelta({ content: 'tok1 ' })])),
    M: whole(sseText([...eventsOf.M(baseline).slice(0, 4), garbage, ...eventsOf.M(baseline).slice(4)])),
    R: whole(sseText([...eventsOf.R(baseline).slice(0, 5), garbage, ...eventsOf.R(baseline).slice(5)])),
  }
  for (const { client, upstream } of pairs.filter((pair) => pair.client !== pair.upstream)) {
    it(`ends a conversion with an error, ${title({ client, upstream })}`, async () => {
      const reply = await ask({ client, upstream, script: scripts[upstream] })
      expectBroken(reply)
      expect(reply.read().text).toBe('tok0 ')
      for (const way of ['whole', 'buffered'] as const) {
        expectFailure(await ask({ client, upstream, way, script: scripts[upstream] }), client, 502)
      }
    })
  }
  for (const format of ['M', 'R'] as const) {
    it(`passes in a relay, ${format}`, async () => {
      const reply = await ask({ client: format, upstream: format, script: scripts[format] })
      expect(reply.text).toBe(bodyOf(scripts[format]))
    })
  }
})
