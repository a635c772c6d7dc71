import { expect, test } from 'vitest'
import type { FormatId } from '../../lambda/formats/codec.ts'
import type { Frame } from '../../lambda/framing/sse.ts'
import { formatIds } from '../tools/formats.ts'
import { type ClientRequest, requestNames, requestOf, sendTo } from '../tools/requests.ts'
import { type Place, placesIn, valueAt, withValue, wrongValues } from './support/wire-paths.ts'

// A request whose value has a wrong type is refused by the path of that value, or goes on as if it were not there.

const targets: Record<FormatId, string> = {
  'openai-chat': 'openai/gpt-4o',
  'anthropic-messages': 'anthropic/claude-opus-4-6',
  'openai-responses': 'openai/gpt-5.6',
}

/** Where more than one type is right, or what stands there is not for the gateway to judge. */
const anyType: Readonly<Record<string, RegExp>> = {
  'a schema is the provider’s': /(parameters|schema) /,
  'metadata, the arguments of a call and unknown fields are free':
    /^(metadata|surprise|moderation)|input \w+$|^messages \* odd$/,
  'a list of parts or items may be a text': /(content|output|system|input|stop)$/,
  'an id that differs, of whatever type, is another piece of reasoning': /reasoning_details \* id$/,
  'an image may be its address': /image_url$/,
  'only whether it is there counts':
    /^(prediction|speed|fallbacks|context_management( \*)?|diagnostics|access_programs|output_config task_budget)$/,
  'OpenAI’s options of its cache pass as they are': /^prompt_cache_options \w+$/,
}

function framesOf({ body }: ClientRequest): Frame[] {
  return [{ event: '', data: JSON.stringify(body) }]
}

const tried = new Set<string>()

/** Each place is tried once. */
function placesOf(request: ClientRequest): Place[] {
  return placesIn(framesOf(request)).filter(({ name }) => {
    const key = `${request.format} ${name}`
    if (tried.has(key) || Object.values(anyType).some((pattern) => pattern.test(name))) return false
    tried.add(key)
    return true
  })
}

/** `messages[0].content` */
function pathText({ path }: Place): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${step}`)).join('')
}

function departures(request: ClientRequest, place: Place): string[] {
  const frames = framesOf(request)
  const outcome = (to: FormatId, value: unknown) => {
    const [frame] = withValue(frames, place, value)
    return sendTo({ ...request, body: JSON.parse(frame?.data ?? '') }, to, targets[to])
  }
  const others = formatIds.filter((id) => id !== request.format)
  return others.flatMap((to) => {
    const without = JSON.stringify(outcome(to, undefined))
    return wrongValues(valueAt(frames, place)).flatMap((value) => {
      const got = outcome(to, value)
      if (JSON.stringify(got) === without) return []
      const param = 'error' in got ? String(got.error.param) : ''
      const isNamed = param !== '' && (pathText(place).startsWith(param) || param.startsWith(pathText(place)))
      return isNamed ? [] : [`${place.name}: ${JSON.stringify(value)} to ${to}: ${JSON.stringify(got).slice(0, 200)}`]
    })
  })
}

const cases = requestNames().map((name) => ({ name, request: requestOf(name) }))
const rows = cases.map(({ name, request }) => ({ name, request, places: placesOf(request) }))

test.each(rows.filter(({ places }) => places.length > 0))('any value of $name may have a wrong type', (row) => {
  expect(row.places.flatMap((place) => departures(row.request, place))).toEqual([])
})
