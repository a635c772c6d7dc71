import { inject } from 'vitest'
import { seenRequests } from '../support/control.ts'
import { post, type Reply, urlOf } from '../support/gateway.ts'
import type { SeenRequest } from '../support/upstream/script.ts'
import { whole } from '../support/upstream/script.ts'
import type { Body, Player } from './player.ts'
import { type Speaker, speakers, turnOne, turnTwo } from './turns.ts'

/** One request of a loop: what the agent sent, what the provider got, what the agent got. */
export interface Turn {
  sent: string
  seen: SeenRequest
  reply: Reply
}

let models = 0

/** From now on the model answers so. */
async function answerWith(model: string, text: string): Promise<void> {
  const url = `${inject('services').fakeProvider}/control/script?name=${encodeURIComponent(model)}`
  await fetch(url, { method: 'POST', body: JSON.stringify(whole(text)) })
}

/**
 * Plays the two turns of a tool loop through the stream URL.
 * @param then who answers turn two, if the user changes the model between them
 */
export async function playLoop(player: Player, speaker: Speaker, then: Speaker = speaker): Promise<[Turn, Turn]> {
  const number = `${process.pid}-${models++}`
  const first = player.first(asked(speaker, number))
  const one = await send(player, first, named(speaker, number), turnOne(speaker, player.calls[speaker]))
  const next = { ...(await player.next(first, one.reply.text)), model: asked(then, number) }
  const two = await send(player, next, named(then, number), turnTwo(then))
  return [one, two]
}

/** The name for the provider. */
function named(speaker: Speaker, number: string): string {
  return speaker === 'M' ? `claude-opus-5-loop-${number}` : `loop-${number}`
}

/** The name for the gateway: Claude's are bare, since Claude Code replays thinking only to the name that answered. */
function asked(speaker: Speaker, number: string): string {
  return speaker === 'M' ? named(speaker, number) : `${speakers[speaker].provider}/${named(speaker, number)}`
}

async function send(player: Player, body: Body, model: string, answer: string): Promise<Turn> {
  await answerWith(model, answer.replaceAll('fake-model', model))
  const sent = JSON.stringify(body)
  const reply = await post(urlOf('streamed', player.path), player.client, {
    body: sent,
    headers: player.headers,
    model,
  })
  const seen = (await seenRequests(model)).at(-1)
  if (!seen) throw new Error(`nothing came to the provider: ${reply.status} ${reply.text}`)
  return { sent, seen, reply }
}
