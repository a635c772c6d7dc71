import { describe, expect, test } from 'vitest'
import { requestNames, requestOf, reviewedRequest, sentForRequest } from '../tools/requests.ts'

describe('providers are sent what was reviewed (npm run golden -- <case> shows the difference)', () => {
  test.each(requestNames())('%s', (name) => {
    expect(sentForRequest(requestOf(name))).toBe(reviewedRequest(name))
  })
})
