import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { count, duration, money } from '../../lambda/usage/page/browser/format.ts'
import type { Summary } from '../../lambda/usage/summary.ts'
import { tokensOf } from '../../lambda/usage/token-counts.ts'
import { findChromium, launch } from '../support/chromium.ts'
import { type Gateway, npmStart } from './npm-start.ts'
import { hostileModel, livelyMonth, pageKeys } from './page-seed.ts'
import { store, sum } from './seed.ts'

const chromium = await findChromium()
const records = livelyMonth(Date.now())

/** Everything that the page sends, beside its own `/`, and everything that the browser complained about. */
interface Visit {
  page: Page
  urls: string[]
  complaints: string[]
}

describe.skipIf(chromium.kind === 'missing')(
  chromium.kind === 'missing' ? `the usage page (${chromium.reason})` : 'the usage page',
  () => {
    let gateway: Gateway
    let browser: Browser

    beforeAll(async () => {
      gateway = await npmStart(pageKeys)
      await store(records, gateway)
      browser = await launch(chromium.kind === 'found' ? chromium.path : '')
    })
    afterAll(async () => {
      await browser?.close()
      await gateway?.close()
    })

    /** Opens the page in a browser profile of its own, does something there, and expects no complaint. */
    async function visit(
      act: (visit: Visit) => Promise<void>,
      options: BrowserContextOptions & { hash?: string } = {},
    ) {
      const { hash = '', ...contextOptions } = options
      const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...contextOptions })
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      const urls: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => urls.push(request.url()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      try {
        await page.goto(`${gateway.usageUrl}/${hash}`)
        await act({ page, urls, complaints })
      } finally {
        await context.close()
      }
      expect(complaints).toEqual([])
    }

    const idle = (page: Page) => page.locator('#dashboard[aria-busy=false]').waitFor()

    /** As somebody at a keyboard does it. */
    async function signIn(page: Page, name = 'Reader') {
      await page.keyboard.type(gateway.keyNamed(name))
      await page.keyboard.press('Enter')
    }

    async function enter(page: Page) {
      await signIn(page)
      await idle(page)
    }

    const tile = (page: Page, name: string) =>
      page.locator('.tile').filter({ hasText: name }).locator('.value').innerText()

    /** Rows of a table as texts. */
    const rowsOf = (page: Page, caption: string) =>
      page
        .getByRole('region', { name: caption })
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')))

    /** The seeded requests that the page sums: those since the day it asks from. */
    function shownRecords(urls: readonly string[]): UsageRecord[] {
      const from = urls.map((url) => new URL(url).searchParams.get('from')).find((time) => time !== null) ?? ''
      const shown = records.filter(({ startedAt }) => startedAt >= from)
      expect(shown.length).toBeGreaterThan(350)
      return shown
    }

    test('shows the sums of what was recorded', async () => {
      await visit(async ({ page, urls }) => {
        await enter(page)
        const shown = shownRecords(urls)
        const spend = sum(shown, 'costUsdMicros')
        expect(await tile(page, 'Spend')).toBe(`$${(spend / 1e6).toFixed(2)}`)
        expect(await tile(page, 'Requests')).toBe(String(shown.length))
        const failed = shown.filter(({ status }) => status !== 'success').length
        expect(await tile(page, 'Error rate')).toBe(`${((failed / shown.length) * 100).toFixed(1)}\u00a0%`)
        const tokens = shown.reduce((total, record) => total + tokensOf(record), 0)
        expect(await tile(page, 'Tokens')).toBe(`${(tokens / 1e6).toFixed(1)}M`)
      })
    })

    test('shows the percentiles that the API gives', async () => {
      await visit(async ({ page, urls }) => {
        await enter(page)
        // One question for all figures, one for the latest requests: each reads the table.
        const asked = urls.filter((url) => url.includes('/v1/')).map((url) => new URL(url))
        expect(asked.map(({ pathname }) => pathname)).toEqual(['/v1/usage/overview', '/v1/usage/requests'])
        const [from, to] = ['from', 'to'].map((name) => asked[0]?.searchParams.get(name))
        const headers = { authorization: `Bearer ${gateway.keyNamed('Reader')}` }
        const { totals } = (await (
          await fetch(`${gateway.usageUrl}/v1/usage/summary?from=${from}&to=${to}`, { headers })
        ).json()) as Summary
        expect(totals.ttftMs.p50).toBeGreaterThan(0)
        expect(await tile(page, 'First token, median')).toBe(duration(totals.ttftMs.p50))
        expect(await tile(page, 'Whole answer, median')).toBe(duration(totals.durationMs.p50))
        const notes = await page.locator('.tile dd:last-child').allInnerTexts()
        expect(notes.slice(-2)).toEqual(
          [totals.ttftMs, totals.durationMs].map(({ p95 }) => `95\u00a0%: ${duration(p95)}`),
        )
      })
    })

    test('shows the figures of its charts as tables, each as it was recorded', async () => {
      await visit(async ({ page, urls }) => {
        await enter(page)
        const shown = shownRecords(urls)
        const chart = page.locator('.chart').filter({ has: page.getByRole('heading', { name: 'Spend', exact: true }) })
        await chart.getByText('Figures').click()
        const names = await chart.locator('thead th').allInnerTexts()
        expect(names.slice(1)).toHaveLength(8)
        const today = new Date().toISOString().slice(0, 10)
        const ofToday = shown.filter(({ startedAt }) => startedAt.startsWith(today))
        const cells = (await rowsOf(page, 'Spend')).at(-1) ?? []
        for (const [at, name] of names.slice(1, -1).entries()) {
          const costs = ofToday
            .filter(({ model }) => model === name)
            .flatMap(({ costUsdMicros }) => costUsdMicros ?? [])
          expect([name, cells[at + 1]]).toEqual([name, money(costs.reduce((total, cost) => total + cost, 0))])
        }
      })
    })

    test('ranks models and keys by what they cost; an unknown price is unknown, not 0', async () => {
      await visit(async ({ page, urls }) => {
        await enter(page)
        const shown = shownRecords(urls)
        const rows = await rowsOf(page, 'Models, the most expensive first')
        const models = [...new Set(shown.map(({ model }) => model))]
        const expected = models.map((model) => {
          const own = shown.filter((record) => record.model === model)
          const isKnown = own[0]?.costUsdMicros !== null
          return {
            model,
            spend: sum(own, 'costUsdMicros'),
            text: isKnown ? money(sum(own, 'costUsdMicros')) : 'unknown',
            own,
          }
        })
        const known = expected.filter(({ text }) => text !== 'unknown').sort((a, b) => b.spend - a.spend)
        expect(rows.slice(0, known.length).map(([model, , spend, , requests]) => [model, spend, requests])).toEqual(
          known.map(({ model, text, own }) => [model, text, count(own.length)]),
        )
        expect(rows.slice(known.length).map(([, , spend]) => spend)).toEqual(['unknown'])
        await page.getByRole('button', { name: 'Show 1 more' }).click()
        // The button is gone, and who pressed it by keyboard must not be sent back to the top.
        expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('Models, the most expensive first')
        expect((await rowsOf(page, 'Models, the most expensive first')).length).toBe(models.length)
        expect(await page.locator('#keys').innerText()).toContain('Support <b>desk</b>')
      })
    })

    test('a name with a script in it is text', async () => {
      await visit(async ({ page }) => {
        await enter(page)
        expect(await page.title()).toBe('Usage · Sluice')
        expect(await page.locator('#requests .name', { hasText: hostileModel }).count()).toBeGreaterThan(0)
        expect(await page.locator('#dashboard :is(script, img, b)').count()).toBe(0)
        await page
          .locator('.plot')
          .first()
          .hover({ position: { x: 300, y: 100 } })
        await page.locator('.tip:visible').waitFor()
        await page.locator('#filter-model').selectOption(hostileModel)
        await idle(page)
        expect(await tile(page, 'Spend')).toBe('unknown')
        expect(await page.locator('#requests .name').allTextContents()).toEqual(expect.arrayContaining([hostileModel]))
      })
    })

    test('the key is in no address, no cookie and no storage but the tab’s', async () => {
      await visit(async ({ page, urls }) => {
        await enter(page)
        await page.getByRole('radio', { name: '7 days' }).check()
        await page.getByRole('radio', { name: 'Provider' }).check()
        await idle(page)
        expect(page.url()).toBe(`${gateway.usageUrl}/#range=7d&by=provider`)
        const kept = await page.evaluate(() => [
          document.cookie,
          localStorage.length,
          history.length,
          sessionStorage.length,
        ])
        expect(kept).toEqual(['', 0, 2, 1])
        const key = gateway.keyNamed('Reader')
        expect(urls.filter((url) => url.includes(key) || !url.startsWith(gateway.usageUrl))).toEqual([])
        await page.reload()
        await idle(page)
        expect(await page.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true)
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByLabel('Gateway key').waitFor()
        expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
        expect(await page.locator('#tiles').innerText()).toBe('')
      })
    })

    test.each([
      ['Website', 403],
      ['Nobody', 401],
    ])('the key %s is refused in words (%i)', async (name) => {
      await visit(async ({ page, complaints }) => {
        await signIn(page, name)
        await page.locator('#sign-in-problem:not(:empty)').waitFor()
        expect(await page.locator('#dashboard').isVisible()).toBe(false)
        expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
        // The browser itself reports each answer of 401 or 403.
        complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('status of 40')))
      })
    })

    test('everything can be reached and read with the keyboard alone', async () => {
      await visit(async ({ page }) => {
        await enter(page)
        const tab = () => page.keyboard.press('Tab')
        const focused = () =>
          page.evaluate(() => document.activeElement?.getAttribute('value') ?? document.activeElement?.id)
        await tab()
        expect(await focused()).toBe('30d')
        await page.keyboard.press('ArrowLeft')
        await idle(page)
        expect([await focused(), new URL(page.url()).hash]).toEqual(['7d', '#range=7d'])
        for (const id of ['filter-key', 'filter-provider', 'filter-model']) {
          await tab()
          expect(await focused()).toBe(id)
        }
        await page.locator('.plot').first().focus()
        await page.keyboard.press('End')
        expect(await page.locator('.tip:visible').innerText()).toContain('Total')
        await page.locator('#requests .cover').first().focus()
        await page.keyboard.press('Enter')
        const dialog = page.getByRole('dialog')
        const newest = records.reduce((a, b) => (a.startedAt > b.startedAt ? a : b))
        expect(await dialog.innerText()).toContain(newest.requestId)
        await page.keyboard.press('Escape')
        expect(await dialog.isVisible()).toBe(false)
        expect(await page.evaluate(() => document.activeElement?.className)).toContain('cover')
      })
    })

    test('the latest requests go on with older ones, and one is found by its id', async () => {
      await visit(async ({ page }) => {
        await enter(page)
        await page.locator('#filter-key').selectOption({ label: 'Nightly batch' })
        await idle(page)
        await page.getByRole('button', { name: 'Load older' }).click()
        await page.locator('#requests tbody tr').nth(49).waitFor()
        const batch = records
          .filter(({ keyId }) => keyId === 'batch')
          .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
        const times = await page.locator('#requests .cover').allInnerTexts()
        expect(times).toEqual(batch.slice(0, 50).map(({ startedAt }) => startedAt.slice(0, 19).replace('T', ' ')))
        await page.getByLabel('Request id').fill(records[5]?.requestId ?? '')
        await page.keyboard.press('Enter')
        await page.getByRole('dialog').waitFor()
        expect(await page.getByRole('dialog').innerText()).toContain(records[5]?.requestId)
      })
    })

    test('says what is wrong when the gateway cannot be reached', async () => {
      await visit(async ({ page, complaints }) => {
        await page.route('**/v1/**', (route) => route.abort())
        await signIn(page)
        await page.locator('#problem:not(:empty)').waitFor()
        expect(await page.locator('#problem').innerText()).toContain('cannot be reached')
        complaints.length = 0
      })
    })

    test.each([360, 1100, 1280, 1360])('all columns of the rankings are to be seen at %i pixels', async (width) => {
      await visit(
        async ({ page }) => {
          await enter(page)
          await page
            .locator('#models td .spend')
            .first()
            .evaluate((cell) => cell.firstChild?.replaceWith('$123.45 + unknown'))
          const hidden = await page
            .locator('.pair .scroll')
            .evaluateAll((tables) => tables.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
          expect(hidden).toEqual([0, 0])
        },
        { viewport: { width, height: 844 } },
      )
    })

    test('says that it reads, and after a failure whose figures are to be seen', async () => {
      await visit(async ({ page, complaints }) => {
        let answer = () => {}
        const asked = new Promise<void>((resolve) => {
          answer = resolve
        })
        await page.route('**/v1/usage/overview?*', (route) => asked.then(() => route.continue()))
        await signIn(page)
        await page.getByText('Reading …').waitFor()
        answer()
        await idle(page)
        expect(await page.locator('#updated').innerText()).toMatch(/UTC$/)
        await page.unroute('**/v1/usage/overview?*')
        await page.route('**/v1/usage/overview?*', (route) => route.abort())
        await page.getByRole('radio', { name: '7 days' }).check()
        await page.locator('#problem:not(:empty)').waitFor()
        expect(await page.locator('#problem').innerText()).toMatch(
          /cannot be reached.*figures below are those from before/,
        )
        expect(await page.locator('#updated').innerText()).toBe('')
        complaints.length = 0
      })
    })

    test('without its list of requests the page shows the figures', async () => {
      await visit(async ({ page, complaints }) => {
        await enter(page)
        await page.route('**/v1/usage/requests?*', (route) => route.abort())
        await page.getByRole('radio', { name: '7 days' }).check()
        await page.locator('#requests-problem:not(:empty)').waitFor()
        expect(await page.locator('#problem').innerText()).toBe('')
        expect(await page.locator('#requests tr').count()).toBe(0)
        complaints.length = 0
      })
    })

    test('runs no code and no style but its own', async () => {
      await visit(async ({ page, complaints }) => {
        const ran = await page.evaluate(() => {
          const script = document.createElement('script')
          script.textContent = 'document.title = "owned"'
          document.body.append(script)
          document.body.insertAdjacentHTML('beforeend', '<p style="color: red">x</p>')
          return [
            document.title,
            document.body.lastElementChild && getComputedStyle(document.body.lastElementChild).color,
          ]
        })
        expect(ran[0]).toBe('Usage · Sluice')
        expect(ran[1]).not.toBe('rgb(255, 0, 0)')
        expect(complaints.filter((text) => text.includes('Content Security Policy'))).not.toEqual([])
        complaints.length = 0
      })
      const response = await fetch(`${gateway.usageUrl}/`)
      const body = await response.text()
      expect(body.length).toBeLessThan(150_000)
      expect(body).not.toMatch(/(src|href)="(?!data:|#)/)
      expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    })

    test.each([
      ['a phone in light', 390, 'light', 200, 255],
      ['a desk in dark', 1360, 'dark', 0, 60],
    ] as const)('on %s nothing is wider than the screen', async (_where, width, colorScheme, darkest, lightest) => {
      const options = { viewport: { width, height: 844 }, colorScheme, isMobile: width < 700, hasTouch: width < 700 }
      await visit(async ({ page }) => {
        await enter(page)
        const seen = await page.evaluate(() => ({
          width: document.documentElement.scrollWidth,
          ground: Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]),
          plots: document.querySelectorAll('canvas').length,
        }))
        expect(seen).toMatchObject({ width, plots: 6 })
        expect(seen.ground).toBeGreaterThanOrEqual(darkest)
        expect(seen.ground).toBeLessThanOrEqual(lightest)
        await page.getByRole('radio', { name: 'Custom' }).check()
        await idle(page)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        const fields = ['#from', '#to', '#filter-key'].map((id) => page.locator(id).boundingBox())
        const heights = (await Promise.all(fields)).map((box) => Math.round(box?.height ?? 0))
        expect(new Set(heights).size).toBe(1)
      }, options)
    })
  },
)
