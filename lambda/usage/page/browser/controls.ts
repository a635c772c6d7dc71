/// <reference lib="dom" />
import type { SummaryRow } from '../../summary.ts'
import type { Figures } from './data.ts'
import { byId, h } from './dom.ts'
import { isFilter, nameOf } from './names.ts'
import { type RangeName, ranges } from './range.ts'
import { nameIn, type Stacking, stackings, statusNames, type View } from './view.ts'

const filters = { key: 'All keys', provider: 'All providers', model: 'All models' } as const
type Filter = keyof typeof filters

/** What can be chosen on the page. It holds nothing but names it has seen: the view is the owner's. */
export class Controls {
  readonly #change: (part: Partial<View>) => void
  readonly #selects: Record<Filter, HTMLSelectElement>
  readonly #status = byId('filter-status', HTMLSelectElement)
  readonly #dates = { from: byId('from', HTMLInputElement), to: byId('to', HTMLInputElement) }
  readonly #clear = byId('clear', HTMLButtonElement)
  /** Names by value, of every key, provider and model that any answer had. */
  readonly #seen: Record<Filter, Map<string, string>> = { key: new Map(), provider: new Map(), model: new Map() }

  /** @param change takes what somebody chose */
  constructor(change: (part: Partial<View>) => void) {
    this.#change = change
    const select = (name: Filter) => byId(`filter-${name}`, HTMLSelectElement)
    this.#selects = { key: select('key'), provider: select('provider'), model: select('model') }
    fillChoice('range', ranges, (range: RangeName) => change({ range }))
    fillChoice('by', stackings, (by: Stacking) => change({ by }))
    fillSelect(this.#status, [['', 'All'], ...Object.entries(statusNames)], '')
    this.#listen()
  }

  #listen(): void {
    for (const name of Object.keys(filters) as Filter[]) {
      this.#selects[name].addEventListener('change', () => this.#change({ [name]: this.#selects[name].value }))
    }
    this.#status.addEventListener('change', () =>
      this.#change({ status: nameIn(statusNames, this.#status.value) ?? '' }),
    )
    for (const name of ['from', 'to'] as const) {
      // Half a typed date is no date, and no reason to ask.
      this.#dates[name].addEventListener('change', () => {
        if (this.#dates[name].value !== '') this.#change({ [name]: this.#dates[name].value })
      })
    }
    this.#clear.addEventListener('click', () => this.#change({ key: '', provider: '', model: '' }))
    const form = byId('controls', HTMLFormElement)
    form.addEventListener('submit', (event) => event.preventDefault())
  }

  show(view: View): void {
    check('range', view.range)
    check('by', view.by)
    byId('custom', HTMLElement).hidden = view.range !== 'custom'
    this.#dates.from.value = view.from
    this.#dates.to.value = view.to
    this.#status.value = view.status
    this.#clear.hidden = !view.key && !view.provider && !view.model
    for (const name of Object.keys(filters) as Filter[]) this.#fill(name, view[name])
  }

  /** Makes whatever the figures name available to choose. */
  learn({ models, keys }: Figures): void {
    const learn = (kind: Filter, row: SummaryRow) => {
      const value = row[kind]
      if (isFilter(value)) this.#seen[kind].set(value, nameOf(kind, row))
    }
    for (const { results } of keys.buckets) for (const row of results) learn('key', row)
    for (const { results } of models.buckets) {
      for (const row of results) {
        learn('provider', row)
        learn('model', row)
      }
    }
  }

  keyName(id: string): string {
    return this.#seen.key.get(id) ?? nameOf('key', { key: id, requests: 0 })
  }

  #fill(name: Filter, chosen: string): void {
    const named = [...this.#seen[name]].sort(([, a], [, b]) => a.localeCompare(b))
    const missing: [string, string][] = chosen && !this.#seen[name].has(chosen) ? [[chosen, chosen]] : []
    fillSelect(this.#selects[name], [['', filters[name]], ...named, ...missing], chosen)
  }
}

function fillSelect(select: HTMLSelectElement, options: readonly (readonly [string, string])[], chosen: string): void {
  select.replaceChildren(...options.map(([value, name]) => h('option', { value }, name)))
  select.value = chosen
}

/** Radio buttons that look like one switch: arrow keys move within, as everywhere. */
function fillChoice<Name extends string>(id: string, names: Record<Name, string>, change: (name: Name) => void): void {
  const choices = (Object.keys(names) as Name[]).map((name) => {
    const input = h('input', { type: 'radio', name: id, value: name })
    input.addEventListener('change', () => change(name))
    return h('label', {}, input, h('span', {}, names[name]))
  })
  byId(id, HTMLFieldSetElement).append(...choices)
}

function check(id: string, value: string): void {
  for (const input of byId(id, HTMLFieldSetElement).querySelectorAll('input')) input.checked = input.value === value
}
