import { describe, expect, it } from 'vitest'
import { chatApp } from './chat-app.ts'
import { claudeCode } from './claude-code.ts'
import { codex, codexOfKnownModels } from './codex.ts'
import { playLoop } from './loop.ts'
import type { Player } from './player.ts'
import { readReplay } from './replay.ts'
import { opaque, preface, type Speaker, speakers, thoughts } from './turns.ts'

/**
 * The user changes the model between the calls and their results: the history now holds reasoning of a provider that
 * the next one cannot read. It must be gone, by name, and nothing else with it.
 */
const changes: [from: Speaker, to: Speaker][] = [
  ['M', 'R'],
  ['M', 'C'],
  ['R', 'M'],
  ['R', 'C'],
  ['C', 'M'],
  ['C', 'R'],
  ['C with details', 'R'],
]

const players = {
  'Claude Code': claudeCode,
  Codex: codex,
  'Codex with models it knows': codexOfKnownModels,
  'a chat app': chatApp,
}

for (const [name, player] of Object.entries(players)) {
  describe.concurrent(`${name} changes the model inside a tool loop`, () => {
    it.for(changes)('from %s to %s: the reasoning is left out, the calls and results stay', async ([from, to]) => {
      const [, { reply, seen }] = await playLoop(player, from, to)
      expect(reply.status, reply.text).toBe(200)
      const replay = readReplay[speakers[to].format](seen.body)
      expect(replay).toMatchObject({
        reasoning: [],
        reasoningText: '',
        text: preface,
        calls: expectedCalls(player, to),
      })
      expect(replay.results.map(({ id }) => id)).toEqual(player.results.map(({ call }) => player.visible[call]?.id))
      for (const secret of [...Object.values(opaque), ...thoughts, 'sluice1.']) expect(seen.body).not.toContain(secret)
      expect(reply.header('x-sluice-losses')?.split(',')).toContain('foreign-reasoning')
    })
  })
}

/** A relay passes the calls as the agent keeps them; a conversion writes them as the new upstream was offered them. */
function expectedCalls(player: Player, to: Speaker): readonly object[] {
  return player.client === speakers[to].format ? player.visible : player.calls[to]
}
