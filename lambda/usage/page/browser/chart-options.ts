/// <reference lib="dom" />
import uPlot from 'uplot'
import type { ChartSpec, Series } from './chart.ts'

/** CSS pixels that a name under the axis takes. */
const labelWidth = 64
const font = '12px system-ui, sans-serif'

/** How uPlot is to draw a chart. @param follow is told when the cursor moves */
export function plotOptions(
  spec: ChartSpec,
  follow: (plot: uPlot) => void,
): Pick<uPlot.Options, 'series' | 'axes' | 'scales' | 'cursor' | 'legend' | 'hooks' | 'padding'> {
  const last = spec.slots.length - 1
  // Bars are as wide as a slot, and half of the first and the last would be cut off.
  const margin = spec.kind === 'bars' ? 0.5 : 0.25
  return {
    scales: {
      x: { time: false, range: [-margin, last + margin] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.06 : spec.emptyTop] },
    },
    axes: [timeAxis(spec), valueAxis(spec)],
    series: [{}, ...(spec.kind === 'bars' ? barsOf(spec.series) : spec.series.map(lineOf))],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: spec.kind === 'lines', size: 7 } },
    hooks: { setCursor: [follow] },
    padding: [8, 18, 0, 0],
  }
}

/** A colour of the style sheet as it is now: light or dark. */
function colorOf(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim()
}

/** In the order of `plotData`: the highest bar, which is the last layer, first. */
function barsOf(series: readonly Series[]): uPlot.Series[] {
  const paths = uPlot.paths.bars?.({ size: [0.74, 40] })
  return series.toReversed().map(({ name, color }) => ({
    label: name,
    ...(paths && { paths }),
    fill: () => colorOf(color),
    // A hair of the ground between the layers.
    stroke: () => colorOf('--card'),
    width: 1,
    points: { show: false },
  }))
}

function lineOf({ name, color }: Series): uPlot.Series {
  return {
    label: name,
    stroke: () => colorOf(color),
    width: 2,
    // A lone value between two without any is no line, but it is to be seen.
    points: { show: true, size: 4, fill: () => colorOf(color) },
  }
}

function timeAxis({ slots }: ChartSpec): uPlot.Axis {
  return {
    font,
    stroke: () => colorOf('--muted'),
    grid: { show: false },
    ticks: { show: false },
    size: 28,
    gap: 6,
    splits: (plot) => {
      const step = Math.max(1, Math.ceil((slots.length * labelWidth) / Math.max(1, plot.width - 60)))
      return slots.flatMap((_, at) => (at % step === 0 ? [at] : []))
    },
    values: (_plot, places) => places.map((at) => slots[at]?.short ?? ''),
  }
}

/** 1, 2, 5, 10, … */
const wholeSteps = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat()

function valueAxis({ axis, wholeNumbers }: ChartSpec): uPlot.Axis {
  return {
    font,
    stroke: () => colorOf('--muted'),
    grid: { stroke: () => colorOf('--line'), width: 1 },
    ticks: { show: false },
    size: 62,
    gap: 6,
    space: 36,
    ...(wholeNumbers && { incrs: wholeSteps }),
    values: (_plot, values) => values.map(axis),
  }
}
