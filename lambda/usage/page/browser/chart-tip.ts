/// <reference lib="dom" />
import type uPlot from 'uplot'
import { type ChartSpec, type Series, swatch } from './chart.ts'
import { h } from './dom.ts'
import { sum } from './figures.ts'

/** CSS pixels between the cursor and its values. */
const distance = 14

/** The values of the slot under the cursor, in a box beside it. */
export function createTip(spec: ChartSpec): { element: HTMLElement; follow(plot: uPlot): void } {
  const element = h('div', { class: 'tip', role: 'status' })
  element.hidden = true
  let shown: number | undefined
  const follow = (plot: uPlot) => {
    const { idx, left = -1 } = plot.cursor
    const slot = idx === null || left < 0 ? undefined : idx
    element.hidden = slot === undefined
    if (slot !== undefined && slot !== shown) element.replaceChildren(...contentOf(spec, slot))
    shown = slot
    if (slot !== undefined) place(element, plot, left)
  }
  return { element, follow }
}

function contentOf({ kind, slots, series, show }: ChartSpec, slot: number): Node[] {
  const valueIn = ({ values }: Series) => values[slot] ?? null
  // Of many layers most are 0 on most days.
  const told = series.filter((each) => kind === 'lines' || valueIn(each) !== 0)
  const total = show(sum(series.map((each) => valueIn(each) ?? 0)))
  const rows = told.map((each) => row([swatch(each.color), each.name], show(valueIn(each))))
  if (kind === 'bars' && (told.length > 1 || told.length === 0)) rows.push(row(['Total'], total))
  return [h('p', {}, slots[slot]?.whole ?? ''), h('dl', {}, ...rows)]
}

function row(name: readonly (Node | string)[], value: string): HTMLElement {
  return h('div', {}, h('dt', {}, ...name), h('dd', {}, value))
}

/** On the side of the cursor that has more room. */
function place(element: HTMLElement, plot: uPlot, left: number): void {
  const x = plot.over.offsetLeft + left
  const isRight = x < plot.width / 2
  element.style.left = isRight ? `${x + distance}px` : 'auto'
  element.style.right = isRight ? 'auto' : `${plot.width - x + distance}px`
}
