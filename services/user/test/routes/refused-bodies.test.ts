import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp({
    // a bad request is detected without a hash, and thousands of hashes would take minutes
    algorithm: { hash: async () => '$argon2id$none', verify: async () => false },
  })
})
after(() => context.close())

const post = (url: string, payload: string, contentType = 'application/json') =>
  context.app.inject({ method: 'POST', url, payload, headers: { 'content-type': contentType } })

const { email, name } = newAccount()
const registration = { email, password, name }
const without = (member: string) =>
  Object.fromEntries(Object.entries(registration).filter(([key]) => key !== member))

const refusedRegistrations: [what: string, body: unknown, pointer: string][] = [
  ['no email', without('email'), '/email'],
  ['no password', without('password'), '/password'],
  ['no name', without('name'), '/name'],
  ['an email without domain', { ...registration, email: 'alice' }, '/email'],
  ['an email with a space before it', { ...registration, email: ` ${email}` }, '/email'],
  ['an email with a space after it', { ...registration, email: `${email} ` }, '/email'],
  ['an email with a line break', { ...registration, email: `${email}\nBcc: x@example.com` }, '/email'],
  ['an email with NUL', { ...registration, email: `\u0000${email}` }, '/email'],
  ['an email of 255 characters', { ...registration, email: `${'a'.repeat(243)}@example.com` }, '/email'],
  ['an email outside ASCII', { ...registration, email: 'älice@example.com' }, '/email'],
  ['an empty email', { ...registration, email: '' }, '/email'],
  ['an email that is a number', { ...registration, email: 1 }, '/email'],
  ['an email that is null', { ...registration, email: null }, '/email'],
  ['an email in an array', { ...registration, email: [email] }, '/email'],
  ['a password of 7 characters', { ...registration, password: '1234567' }, '/password'],
  ['a password of 7 characters outside the BMP', { ...registration, password: '🔑'.repeat(7) }, '/password'],
  ['a password of 129 characters', { ...registration, password: 'x'.repeat(129) }, '/password'],
  ['a password with NUL', { ...registration, password: `${password}\u0000` }, '/password'],
  ['a password with a lone surrogate', { ...registration, password: `${password}\ud83d` }, '/password'],
  ['a blank password', { ...registration, password: ' '.repeat(10) }, '/password'],
  ['a password that is a number', { ...registration, password: 1234567890 }, '/password'],
  ['a password that is true', { ...registration, password: true }, '/password'],
  ['an empty name', { ...registration, name: '' }, '/name'],
  ['a blank name', { ...registration, name: ' \t\u00a0' }, '/name'],
  ['an invisible name', { ...registration, name: '\u200b\u3164\u{e0020}' }, '/name'],
  ['a name with NUL', { ...registration, name: 'A\u0000B' }, '/name'],
  ['a name with a lone surrogate', { ...registration, name: 'A\udc00' }, '/name'],
  ['a name of 201 characters', { ...registration, name: 'x'.repeat(201) }, '/name'],
  ['a name that is an object', { ...registration, name: {} }, '/name'],
  ['a role of choice', { ...registration, role: 'admin' }, '/role'],
  ['an id of choice', { ...registration, id: '00000000-0000-7000-8000-0000000000a1' }, '/id'],
  ['an unknown member', { ...registration, 'a/b~c': 1 }, '/a~1b~0c'],
  ['null', null, ''],
  ['an array', [registration], ''],
  ['a string', 'registration', ''],
  ['a number', 1, ''],
]

for (const [what, body, pointer] of refusedRegistrations) {
  test(`registration with ${what} is refused, pointing at "${pointer}"`, async () => {
    const response = await post('/users/register', JSON.stringify(body))
    assert.equal(response.statusCode, 400, response.body)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    const { code, errors } = response.json()
    assert.equal(code, 'validation_failed')
    const pointers = errors.map((error: { pointer: string }) => error.pointer)
    assert.ok(pointers.includes(pointer), response.body)
  })
}

const refusedLogins: [what: string, body: unknown, pointer: string][] = [
  ['no email', { password }, '/email'],
  ['no password', { email }, '/password'],
  ['something that is not an email', { email: "' OR 1=1 --", password }, '/email'],
  ['an email with NUL', { email: `${email}\u0000`, password }, '/email'],
  ['an email that is an object', { email: { $ne: '' }, password }, '/email'],
  ['a password that is an object', { email, password: { $ne: '' } }, '/password'],
  ['a password that is null', { email, password: null }, '/password'],
  ['a password of more than 1024 characters', { email, password: 'x'.repeat(1025) }, '/password'],
  ['an unknown member', { email, password, remember: true }, '/remember'],
]

for (const [what, body, pointer] of refusedLogins) {
  test(`login with ${what} is refused, pointing at "${pointer}"`, async () => {
    const response = await post('/users/login', JSON.stringify(body))
    assert.equal(response.statusCode, 400, response.body)
    const { code, errors } = response.json()
    assert.equal(code, 'validation_failed')
    assert.deepEqual(
      errors.map((error: { pointer: string }) => error.pointer),
      [pointer],
    )
  })
}

for (const url of ['/users/register', '/users/login']) {
  const unreadable: [what: string, payload: string, status: number, code: string][] = [
    ['an empty body', '', 400, 'validation_failed'],
    ['half of a JSON object', '{"email":', 400, 'bad_request'],
    ['no JSON at all', 'email=a@example.com', 400, 'bad_request'],
    ['a prototype to inherit', '{"__proto__": {"role": "admin"}}', 400, 'bad_request'],
    ['a body of 65 KiB', JSON.stringify({ email: 'x'.repeat(65 * 1024) }), 413, 'body_too_large'],
  ]
  for (const [what, payload, status, code] of unreadable) {
    test(`POST ${url} with ${what} is a ${status} ${code}`, async () => {
      const response = await post(url, payload)
      assert.equal(response.statusCode, status, response.body)
      assert.equal(response.json().code, code)
    })
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense']) {
    test(`POST ${url} with ${type} is a 415`, async () => {
      const response = await post(url, JSON.stringify(registration), type)
      assert.equal(response.statusCode, 415)
      assert.equal(response.json().code, 'unsupported_media_type')
    })
  }

  test(`no body leads POST ${url} to a 5xx or to an undocumented answer`, async () => {
    const documented = url === '/users/register' ? [201, 400, 409] : [400, 401]
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 140 }),
      fc.emailAddress(),
      fc.constantFrom(email, password, '\u0000', '\ud800', 'ﷺ'.repeat(128)),
    )
    const object = fc.dictionary(
      fc.constantFrom('email', 'password', 'name', '__proto__', 'constructor', 'role'),
      fc.oneof({ weight: 4, arbitrary: text }, fc.jsonValue()),
    )
    const proper = fc.record(
      { email: fc.emailAddress(), password: text, name: text },
      { requiredKeys: ['email', 'password'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(object, proper, fc.jsonValue()), async (body) => {
        const response = await post(url, JSON.stringify(body))
        assert.ok(documented.includes(response.statusCode), `${response.statusCode} ${response.body}`)
      }),
      { numRuns: 500 },
    )
  })
}

for (const member of ['email', 'password', 'name']) {
  test(`a body with 60 KB of hostile text in its ${member} is refused quickly`, async () => {
    for (const filler of ['a', ' ', 'a.', 'a-']) {
      const worst = `a@${filler.repeat(60_000 / filler.length)}\u0000`
      const start = performance.now()
      const response = await post('/users/register', JSON.stringify({ ...registration, [member]: worst }))
      assert.equal(response.statusCode, 400, response.body)
      // a pattern that tries every way to match takes seconds
      assert.ok(performance.now() - start < 1000, JSON.stringify(filler))
    }
  })
}

test('two passwords that differ only in invalid UTF-8 are both refused, not treated as equal', async () => {
  for (const bytes of ['ff', 'fe', 'c3']) {
    const [before = '', after = ''] = JSON.stringify({ email, name, password: 'secret|secret' }).split('|')
    const payload = Buffer.concat([Buffer.from(before), Buffer.from(bytes, 'hex'), Buffer.from(after)])
    for (const url of ['/users/register', '/users/login']) {
      const headers = { 'content-type': 'application/json' }
      const response = await context.app.inject({ method: 'POST', url, headers, payload })
      assert.deepEqual([response.statusCode, response.json().code], [400, 'invalid_encoding'])
    }
  }
})
