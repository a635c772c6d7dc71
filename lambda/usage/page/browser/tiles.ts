/// <reference lib="dom" />

import { tokensIn, tokensOf } from '../../token-counts.ts'
import type { Totals } from '../../totals.ts'
import { h } from './dom.ts'
import { errorRate, spendOf } from './figures.ts'
import { count, duration, money, percent, shortCount } from './format.ts'

interface Tile {
  name: string
  value: string
  note: string
}

/** The period's figures at a glance. */
export function tilesOf(totals: Totals): HTMLElement[] {
  return [spendTile(totals), requestsTile(totals), tokensTile(totals), ...healthTiles(totals)].map(
    ({ name, value, note }) =>
      h('div', { class: 'card tile' }, h('dt', {}, name), h('dd', { class: 'value' }, value), h('dd', {}, note)),
  )
}

function spendTile(totals: Totals): Tile {
  const { unpriced } = totals
  const note = unpriced > 0 ? `without ${count(unpriced)} of unknown price` : 'all prices known'
  return { name: 'Spend', value: money(spendOf(totals)), note: totals.requests > 0 ? note : '' }
}

function requestsTile({ requests, streamed, estimated }: Totals): Tile {
  const note = `${count(streamed)} streamed`
  return {
    name: 'Requests',
    value: count(requests),
    note: estimated > 0 ? `${note}, ${count(estimated)} estimated` : note,
  }
}

function tokensTile(totals: Totals): Tile {
  const { outputTokens, cacheReadTokens } = totals
  const parts = [`${shortCount(tokensIn(totals))} in`, `${shortCount(outputTokens)} out`]
  if (cacheReadTokens > 0) parts.push(`${percent(cacheReadTokens / tokensIn(totals))} from cache`)
  return { name: 'Tokens', value: shortCount(tokensOf(totals)), note: parts.join(', ') }
}

function healthTiles(totals: Totals): Tile[] {
  const { errors, ttftMs, durationMs } = totals
  return [
    { name: 'Error rate', value: percent(errorRate(totals)), note: `${count(errors)} failed` },
    { name: 'First token, median', value: duration(ttftMs.p50), note: `95\u00a0%: ${duration(ttftMs.p95)}` },
    { name: 'Whole answer, median', value: duration(durationMs.p50), note: `95\u00a0%: ${duration(durationMs.p95)}` },
  ]
}
