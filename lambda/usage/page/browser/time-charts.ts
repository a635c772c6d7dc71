/// <reference lib="dom" />
import { dayMs } from '../../period.ts'
import type { SummarySlot } from '../../summary.ts'
import { tokensOf } from '../../token-counts.ts'
import type { Times, Totals } from '../../totals.ts'
import type { ChartSpec, Series } from './chart.ts'
import type { Figures } from './data.ts'
import { errorRate, wholeRows } from './figures.ts'
import {
  count,
  dayText,
  duration,
  hourText,
  money,
  percent,
  shortCount,
  shortDuration,
  shortMoney,
  spendText,
} from './format.ts'
import type { Layer } from './stack.ts'
import { statusNames } from './view.ts'

/** Spend and tokens, stacked by what the layers are. */
export function stackCharts({ slots, span }: Figures, layers: readonly Layer[]): ChartSpec[] {
  const common = { kind: 'bars', slots: slotNames(slots.buckets, span.bucket) } as const
  const seriesOf = (values: (layer: Layer) => Series['values']) =>
    layers.map((layer) => ({ name: layer.name, color: layer.color, values: values(layer) }))
  return [
    {
      ...common,
      title: 'Spend',
      note: spendText(slots.totals),
      series: seriesOf(({ spend }) => spend),
      show: money,
      axis: shortMoney,
      wholeNumbers: true,
      emptyTop: 1_000_000,
    },
    {
      ...common,
      title: 'Tokens',
      note: shortCount(tokensOf(slots.totals)),
      series: seriesOf(({ tokens }) => tokens),
      show: (value) => count(value ?? 0),
      axis: shortCount,
      wholeNumbers: true,
      emptyTop: 1,
    },
  ]
}

/** How fast the answers came, and which failed. */
export function healthCharts({ slots, span }: Figures): ChartSpec[] {
  const { buckets, totals } = slots
  const names = slotNames(buckets, span.bucket)
  const rows = buckets.map(({ results }) => wholeRows(results)[0])
  return [
    speedChart(
      'Time to first token',
      totals.ttftMs,
      names,
      rows.map((row) => row?.ttftMs),
    ),
    speedChart(
      'Time to whole answer',
      totals.durationMs,
      names,
      rows.map((row) => row?.durationMs),
    ),
    {
      title: 'Requests',
      note: count(totals.requests),
      kind: 'bars',
      slots: names,
      series: statusSeries(totals, rows),
      show: (value) => count(value ?? 0),
      axis: shortCount,
      wholeNumbers: true,
      emptyTop: 1,
      legend: true,
    },
    {
      title: 'Error rate',
      note: percent(errorRate(totals)),
      kind: 'bars',
      slots: names,
      series: [{ name: 'Failed', color: '--status-error', values: rows.map((row) => (row ? errorRate(row) : null)) }],
      show: percent,
      axis: percent,
      emptyTop: 1,
      legend: true,
    },
  ]
}

const percentiles = { p50: '50 %', p95: '95 %', p99: '99 %' } as const

function speedChart(
  title: string,
  whole: Times,
  slots: ChartSpec['slots'],
  times: readonly (Times | undefined)[],
): ChartSpec {
  const series = (['p50', 'p95', 'p99'] as const).map((name) => ({
    name: percentiles[name],
    color: `--${name}`,
    values: times.map((each) => each?.[name] ?? null),
  }))
  return {
    title,
    note: `median ${duration(whole.p50)}`,
    kind: 'lines',
    slots,
    series,
    show: duration,
    axis: shortDuration,
    wholeNumbers: true,
    emptyTop: 1_000,
    legend: true,
  }
}

/** A layer for each status that there is. */
function statusSeries({ byStatus }: Totals, rows: readonly (Totals | undefined)[]): Series[] {
  const names = (Object.keys(statusNames) as (keyof typeof statusNames)[]).filter((name) => (byStatus[name] ?? 0) > 0)
  return names.map((status) => ({
    name: statusNames[status],
    color: `--status-${status}`,
    values: rows.map((row) => row?.byStatus[status] ?? 0),
  }))
}

function slotNames(buckets: readonly SummarySlot[], width: 'hour' | 'day'): ChartSpec['slots'] {
  return buckets.map(({ from }) => {
    const at = Date.parse(from)
    return width === 'day'
      ? { short: dayText(at), whole: dayText(at) }
      : { short: at % dayMs === 0 ? dayText(at) : hourText(at), whole: `${dayText(at)} ${hourText(at)}` }
  })
}
