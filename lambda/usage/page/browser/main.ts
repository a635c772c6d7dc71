/// <reference lib="dom" />
import { type ApiError, UsageApi } from './api.ts'
import { Dashboard } from './dashboard.ts'
import { byId } from './dom.ts'
import { createSession } from './session.ts'

const session = createSession()
const dashboard = new Dashboard(currentApi, refuse)
const key = byId('key', HTMLInputElement)
const problem = byId('sign-in-problem', HTMLElement)

byId('sign-in', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  session.open(key.value.trim())
  key.value = ''
  problem.textContent = ''
  enter()
})
byId('sign-out', HTMLButtonElement).addEventListener('click', () => leave())
byId('refresh', HTMLButtonElement).addEventListener('click', () => void dashboard.load())
const detail = byId('detail', HTMLDialogElement)
byId('detail-close', HTMLButtonElement).addEventListener('click', () => detail.close())

if (session.key() === undefined) leave()
else enter()

function currentApi(): UsageApi | undefined {
  const given = session.key()
  return given === undefined ? undefined : new UsageApi(given)
}

function enter(): void {
  show('dashboard')
  byId('content', HTMLElement).focus()
  void dashboard.load()
}

/** Forgets the key and whatever was read with it. */
function leave(): void {
  if (session.key() !== undefined) {
    session.close()
    // The figures go with the key: a fresh document holds none.
    location.reload()
    return
  }
  show('sign-in')
  key.focus()
}

function refuse(error: ApiError): void {
  dashboard.clear()
  session.close()
  show('sign-in')
  problem.textContent = error.message
  key.focus()
}

function show(part: 'sign-in' | 'dashboard'): void {
  byId('sign-in', HTMLElement).hidden = part !== 'sign-in'
  byId('dashboard', HTMLElement).hidden = part !== 'dashboard'
  byId('account', HTMLElement).hidden = part !== 'dashboard'
}
