/// <reference lib="dom" />
import type { UsageRecord } from '../../../metrics/record.ts'
import { knownTokensIn } from '../../token-counts.ts'
import type { UsageApi } from './api.ts'
import { filterQuery, timeQuery } from './data.ts'
import { button, byId, h } from './dom.ts'
import { count, duration, money, nothing, timeText } from './format.ts'
import type { TimeSpan } from './range.ts'
import { type Column, dataTable, tableRows } from './table.ts'
import { statusNames, type View } from './view.ts'

/** Records a page of the list has. */
const pageLength = '25'

export interface RequestListEvents {
  open(record: UsageRecord): void
  /** A key's name, as far as one is known. */
  keyName(id: string): string
}

/** The latest requests of a view, newest first, page after page. */
export class RequestList {
  readonly #events: RequestListEvents
  readonly #onProblem: (error: unknown) => void
  readonly #place = byId('requests', HTMLElement)
  readonly #older = byId('older', HTMLButtonElement)
  #next: (() => Promise<void>) | undefined

  /** @param onProblem takes what went wrong with an older page */
  constructor(events: RequestListEvents, onProblem: (error: unknown) => void) {
    this.#events = events
    this.#onProblem = onProblem
    this.#older.addEventListener('click', () => void this.#more())
  }

  /** @throws as UsageApi does */
  async load(api: UsageApi, view: View, span: TimeSpan, signal: AbortSignal): Promise<void> {
    const query = { ...timeQuery(span), ...filterQuery(view), status: view.status, limit: pageLength }
    const read = async (cursor: string | undefined) => {
      const { data, nextCursor } = await api.requests({ ...query, cursor }, signal)
      this.#show(data, cursor === undefined)
      const older = () =>
        read(nextCursor ?? undefined).catch((error: unknown) => {
          if (!signal.aborted) this.#onProblem(error)
        })
      this.#next = nextCursor === null ? undefined : older
      this.#older.hidden = this.#next === undefined
    }
    await read(undefined).catch((error: unknown) => {
      // What is there is of another view.
      if (!signal.aborted) {
        this.#place.replaceChildren()
        this.#older.hidden = true
      }
      throw error
    })
  }

  async #more(): Promise<void> {
    this.#older.disabled = true
    await this.#next?.()
    this.#older.disabled = false
  }

  #show(records: readonly UsageRecord[], fresh: boolean): void {
    const columns = this.#columns()
    const body = this.#place.querySelector('tbody')
    if (!fresh && body) body.append(...tableRows({ columns, rows: records }))
    else if (records.length === 0) this.#place.replaceChildren(h('p', { class: 'note' }, 'No requests on record here.'))
    else this.#place.replaceChildren(dataTable({ caption: 'Latest requests', columns, rows: records }))
  }

  #columns(): Column<UsageRecord>[] {
    const time = (record: UsageRecord) =>
      button(timeText(record.startedAt), () => this.#events.open(record), {
        class: 'link cover',
        'aria-haspopup': 'dialog',
      })
    return [
      { title: 'Time', cell: time },
      { title: 'Model', cell: ({ model }) => h('span', { class: 'name' }, model ?? nothing) },
      { title: 'Status', cell: statusBadge },
      { title: 'Key', minor: true, cell: ({ keyId }) => h('span', { class: 'name' }, this.#events.keyName(keyId)) },
      { title: 'In', numeric: true, minor: true, cell: (record) => countText(knownTokensIn(record)) },
      { title: 'Out', numeric: true, minor: true, cell: ({ outputTokens }) => countText(outputTokens) },
      { title: 'Cost', numeric: true, cell: ({ costUsdMicros }) => money(costUsdMicros) },
      { title: 'First token', numeric: true, minor: true, cell: ({ ttftMs }) => duration(ttftMs) },
      { title: 'Whole', numeric: true, minor: true, cell: ({ durationMs }) => duration(durationMs) },
    ]
  }
}

function countText(value: number | null): string {
  return value === null ? nothing : count(value)
}

/** The status in words, with the colour that the charts have for it. */
export function statusBadge({ status }: Pick<UsageRecord, 'status'>): HTMLElement {
  const dot = h('span', { class: 'swatch', 'aria-hidden': 'true' })
  dot.style.backgroundColor = `var(--status-${status})`
  return h('span', { class: 'badge' }, dot, h('span', {}, statusNames[status]))
}
