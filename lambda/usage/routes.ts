import { usageKinds } from '../metrics/usage-kind.ts'
import { jsonAnswer, type Question, type UsageAnswer } from './answer.ts'
import type { UsageDeps } from './deps.ts'
import { answerCosts, answerOrganizationUsage } from './organization.ts'
import { answerPage } from './page.ts'
import { answerRequest, answerRequests } from './requests.ts'
import { answerKeys, answerOverview, answerSummary } from './summary-endpoint.ts'

interface Route {
  /** Without `/v1`; a path that ends in a slash takes one more segment. */
  path: string
  /** Needs no key, as nothing of anybody's usage is in the answer. */
  open?: true
  answer(question: Question, deps: UsageDeps): UsageAnswer | Promise<UsageAnswer>
}

const routes: readonly Route[] = [
  { path: '/', open: true, answer: answerPage },
  { path: '/health', open: true, answer: () => jsonAnswer({ status: 'ok' }) },
  { path: '/usage/requests', answer: answerRequests },
  { path: '/usage/requests/', answer: answerRequest },
  { path: '/usage/summary', answer: answerSummary },
  { path: '/usage/overview', answer: answerOverview },
  { path: '/usage/keys', answer: answerKeys },
  { path: '/organization/costs', answer: answerCosts },
  ...usageKinds.map((kind) => ({
    path: `/organization/usage/${kind}`,
    answer: (question: Question, deps: UsageDeps) => answerOrganizationUsage(kind, question, deps),
  })),
]

/** @param path without `/v1` and without a slash at its end */
export function findRoute(path: string): (Route & { rest: string }) | undefined {
  for (const route of routes) {
    if (route.path === path) return { ...route, rest: '' }
    const rest = path.startsWith(route.path) && route.path.length > 1 ? path.slice(route.path.length) : ''
    if (route.path.endsWith('/') && rest !== '' && !rest.includes('/')) return { ...route, rest: decoded(rest) }
  }
  return undefined
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment // a lone % stands for itself, and no id has one
  }
}
