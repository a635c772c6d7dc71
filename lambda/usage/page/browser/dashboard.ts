/// <reference lib="dom" />
import { ApiError, type UsageApi } from './api.ts'
import { Chart, type ChartSpec, legendItems } from './chart.ts'
import { Controls } from './controls.ts'
import { type Figures, readFigures } from './data.ts'
import { byId } from './dom.ts'
import { dayText, hourText } from './format.ts'
import { daysOf, spanOf } from './range.ts'
import { showKeys, showModels } from './ranking.ts'
import { showDetail } from './request-detail.ts'
import { RequestList } from './request-list.ts'
import { layersOf } from './stack.ts'
import { tilesOf } from './tiles.ts'
import { healthCharts, stackCharts } from './time-charts.ts'
import { readView, type View, writeView } from './view.ts'

/** Where a fault is told: above all figures, or above the list of requests. */
type ProblemPlace = 'problem' | 'requests-problem'

/** The figures of one view: reads them, shows them, and reads anew when another view is chosen. */
export class Dashboard {
  readonly #api: () => UsageApi | undefined
  readonly #onRefused: (error: ApiError) => void
  readonly #controls: Controls
  readonly #requests: RequestList
  #view: View = readView(location.hash)
  #charts: Chart[] = []
  /** The reading under way; another one ends it. */
  #reading: AbortController | undefined

  /** @param onRefused takes what the API says when it does not take the key */
  constructor(api: () => UsageApi | undefined, onRefused: (error: ApiError) => void) {
    this.#api = api
    this.#onRefused = onRefused
    this.#controls = new Controls((part) => this.#choose(part))
    const events = { open: showDetail, keyName: (id: string) => this.#controls.keyName(id) }
    this.#requests = new RequestList(events, (error) => this.#fail(error, 'requests-problem'))
    this.#listen()
  }

  #listen(): void {
    byId('find', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#find(byId('find-id', HTMLInputElement).value.trim())
    })
    window.addEventListener('hashchange', () => {
      this.#view = readView(location.hash)
      void this.load()
    })
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const chart of this.#charts) chart.repaint()
    })
  }

  #choose(part: Partial<View>): void {
    const chosen = { ...this.#view, ...part }
    // Days of one's own choice begin with those that are on the screen.
    const days = part.range === 'custom' && !chosen.from && !chosen.to ? daysOf(spanOf(this.#view, Date.now())) : {}
    this.#view = { ...chosen, ...days }
    // Replaced, not pushed: the way back leads out of the page, not through every switch on it.
    history.replaceState(null, '', `#${writeView(this.#view)}`)
    void this.load()
  }

  /** Reads and shows the view. Never throws: what goes wrong is shown as well. */
  async load(): Promise<void> {
    const api = this.#api()
    if (!api) return
    this.clear()
    const reading = new AbortController()
    const { signal } = reading
    this.#reading = reading
    const main = byId('dashboard', HTMLElement)
    main.ariaBusy = 'true'
    this.#controls.show(this.#view)
    const updated = byId('updated', HTMLElement)
    updated.textContent = 'Reading …'
    const now = Date.now()
    let place: ProblemPlace = 'problem'
    try {
      const figures = await readFigures(api, this.#view, now, signal)
      this.#controls.learn(figures)
      this.#show(figures)
      place = 'requests-problem'
      await this.#requests.load(api, this.#view, spanOf(this.#view, now), signal)
      updated.textContent = `${dayText(now)}, ${hourText(now)} UTC`
    } catch (error) {
      if (!signal.aborted) {
        updated.textContent = ''
        this.#fail(error, place)
      }
    }
    if (!signal.aborted) main.ariaBusy = 'false'
  }

  /** Ends the reading under way and takes back what it had to complain about. */
  clear(): void {
    this.#reading?.abort()
    for (const id of ['problem', 'requests-problem']) byId(id, HTMLElement).textContent = ''
  }

  #show(figures: Figures): void {
    this.#controls.show(this.#view)
    byId('tiles', HTMLElement).replaceChildren(...tilesOf(figures.slots.totals))
    for (const chart of this.#charts) chart.remove()
    const layers = layersOf(figures.stacked, this.#view.by)
    byId('legend', HTMLElement).replaceChildren(...legendItems(layers))
    this.#charts = [...drawn('stacks', stackCharts(figures, layers)), ...drawn('health', healthCharts(figures))]
    const chosen = (name: string | undefined) => name ?? ''
    showModels(byId('models', HTMLElement), figures.models, ({ provider, model }) =>
      this.#choose({ provider: chosen(provider), model: chosen(model) }),
    )
    showKeys(byId('keys', HTMLElement), figures.keys, ({ key }) => this.#choose({ key: chosen(key) }))
  }

  async #find(id: string): Promise<void> {
    const problem = byId('requests-problem', HTMLElement)
    problem.textContent = ''
    const api = this.#api()
    if (!api || id === '') return
    try {
      showDetail(await api.request(id))
    } catch (error) {
      this.#fail(error, 'requests-problem')
    }
  }

  #fail(error: unknown, place: ProblemPlace): void {
    if (error instanceof ApiError && error.isRefusal) {
      this.#onRefused(error)
      return
    }
    const message = error instanceof Error ? error.message : String(error)
    const isStale = place === 'problem' && this.#charts.length > 0
    byId(place, HTMLElement).textContent = isStale ? `${message} The figures below are those from before.` : message
    // A fault of the page itself belongs into the console as well.
    if (!(error instanceof ApiError)) throw error
  }
}

function drawn(id: string, specs: readonly ChartSpec[]): Chart[] {
  return specs.map((spec) => new Chart(byId(id, HTMLElement), spec))
}
