import { register } from './control.ts'
import { type Format, scriptOf } from './upstream/format.ts'
import { call, cut, type Reply, text, thinking } from './upstream/reply.ts'

/** What the provider says in the SDK tests: thoughts, text and two calls. */
export const weather = { city: 'Zürich 👩‍🚀', days: [1, 2] }
export const time = { zone: 'Europe/Zurich' }
export const story: Reply = {
  parts: [
    thinking(['I should ', 'look it up.'], 'c2VhbA=='),
    text('Let me ', 'look ', 'it up.'),
    call('call_weather', 'get_weather', ...cut(JSON.stringify(weather), 6)),
    call('call_time', 'get_time', ...cut(JSON.stringify(time), 5)),
  ],
}
export const spoken = 'Let me look it up.'
export const thought = 'I should look it up.'

/** @returns a model of the provider that tells the story, with its prefix */
export async function storyModel(upstream: Format, reply: Reply = story): Promise<string> {
  return `${upstream.toLowerCase()}/${await register(scriptOf(upstream, reply))}`
}
