/// <reference lib="dom" />
import uPlot from 'uplot'
import { plotOptions } from './chart-options.ts'
import { createTip } from './chart-tip.ts'
import { h } from './dom.ts'
import { dataTable } from './table.ts'

/** A line, or one layer of stacked bars. */
export interface Series {
  name: string
  /** Name of a custom property of the style sheet, so that light and dark have each their own. */
  color: string
  /** One a slot; null is drawn as nothing. */
  values: readonly (number | null)[]
}

export interface ChartSpec {
  title: string
  /** What stands beside the title: mostly the whole period's figure. */
  note: string
  kind: 'bars' | 'lines'
  /** Names of the slots of time: short under the axis, whole elsewhere. */
  slots: readonly { short: string; whole: string }[]
  series: readonly Series[]
  /** A value as it is read. */
  show(value: number | null): string
  /** A value at the axis. */
  axis(value: number): string
  /** Half a request is no value to have a grid line; nor has an axis room for parts of a millisecond or micro-dollar. */
  wholeNumbers?: boolean
  /** Where the axis ends if there is nothing to show. */
  emptyTop: number
  /** Beside the lines or bars, what each means; without it another place says so. */
  legend?: boolean
}

const height = 220

/**
 * A chart with its title, the values under the pointer (arrow keys do as well), and all its figures as a table for those
 * who do not see it. Follows the width of its place.
 */
export class Chart {
  readonly element: HTMLElement
  readonly #plot: uPlot
  readonly #resized: ResizeObserver

  /** @param place becomes the parent; it must be in the document, since the plot takes its width */
  constructor(place: HTMLElement, spec: ChartSpec) {
    const canvas = h('div', {
      class: 'plot',
      tabindex: 0,
      role: 'group',
      'aria-label': `${spec.title}: chart. Arrow keys read the values.`,
    })
    const tip = createTip(spec)
    const head = h('figcaption', {}, h('h3', {}, spec.title), h('span', { class: 'figure' }, spec.note))
    this.element = h('figure', { class: 'card chart' }, head, spec.legend ? legend(spec.series) : null, canvas)
    this.element.append(figuresOf(spec))
    place.append(this.element)
    const width = Math.max(200, canvas.clientWidth)
    this.#plot = new uPlot({ ...plotOptions(spec, tip.follow), width, height }, plotData(spec), canvas)
    canvas.append(tip.element)
    canvas.addEventListener('keydown', (event) => this.#step(event, spec.slots.length))
    canvas.addEventListener('blur', () => this.#point(undefined))
    this.#resized = new ResizeObserver(() => {
      if (canvas.clientWidth > 0) this.#plot.setSize({ width: canvas.clientWidth, height })
    })
    this.#resized.observe(canvas)
  }

  /** Draws again, with the colours of now. */
  repaint(): void {
    this.#plot.redraw()
  }

  remove(): void {
    this.#resized.disconnect()
    this.#plot.destroy()
    this.element.remove()
  }

  #step(event: KeyboardEvent, slots: number): void {
    const at = this.#plot.cursor.idx ?? undefined
    const targets: Readonly<Record<string, number | undefined>> = {
      ArrowLeft: at === undefined ? slots - 1 : Math.max(0, at - 1),
      ArrowRight: at === undefined ? 0 : Math.min(slots - 1, at + 1),
      Home: 0,
      End: slots - 1,
    }
    const target = targets[event.key]
    if (event.key === 'Escape') this.#point(undefined)
    if (target === undefined || slots === 0) return
    event.preventDefault()
    this.#point(target)
  }

  /** Moves the cursor to a slot, or away. */
  #point(slot: number | undefined): void {
    const left = slot === undefined ? -10 : this.#plot.valToPos(slot, 'x')
    this.#plot.setCursor({ left, top: slot === undefined ? -10 : 10 })
  }
}

/** Lines as they are; bars as heights from the ground, the highest first, so that the lower ones are painted over it. */
function plotData({ kind, slots, series }: ChartSpec): uPlot.AlignedData {
  const places = slots.map((_, at) => at)
  if (kind === 'lines') return [places, ...series.map(({ values }) => [...values])]
  const heights: number[][] = []
  let below = new Array<number>(slots.length).fill(0)
  for (const { values } of series) {
    below = below.map((height, at) => height + (values[at] ?? 0))
    heights.unshift(below)
  }
  return [places, ...heights]
}

export function legend(series: readonly Pick<Series, 'name' | 'color'>[]): HTMLElement {
  return h('ul', { class: 'legend' }, ...legendItems(series))
}

export function legendItems(series: readonly Pick<Series, 'name' | 'color'>[]): HTMLElement[] {
  return series.map(({ name, color }) => h('li', {}, swatch(color), name))
}

export function swatch(color: string): HTMLElement {
  const element = h('span', { class: 'swatch', 'aria-hidden': 'true' })
  element.style.backgroundColor = `var(${color})`
  return element
}

/** The table is made when somebody opens it. */
function figuresOf(spec: ChartSpec): HTMLElement {
  const details = h('details', {}, h('summary', {}, 'Figures'))
  details.addEventListener(
    'toggle',
    () => {
      const columns = [
        { title: 'Time', cell: (at: number) => spec.slots[at]?.whole ?? '' },
        ...spec.series.map(({ name, values }) => ({
          title: name,
          numeric: true,
          cell: (at: number) => spec.show(values[at] ?? null),
        })),
      ]
      const rows = spec.slots.map((_, at) => at)
      details.append(dataTable({ caption: spec.title, columns, rows }))
    },
    { once: true },
  )
  return details
}
