/** What the document says about the API as a whole: Markdown, as OpenAPI has it. */
export const description = `Shoppers place and follow orders; operators record payments and shipments, refund and
look up; other systems follow what happens.

## Getting a token
Operations with a lock require an access token: \`Authorization: Bearer <accessToken>\`.

1. Open an account with \`POST /users/register\`, or use one that you have. The demo data of \`npm start\` has
   \`alice@example.com\` and the operator \`admin@example.com\`, both with the password \`demo-password\`.
2. \`POST /users/login\` answers with \`accessToken\`. It is valid for an hour; \`POST /users/refresh\` renews it.

Where the shop has an identity provider of its own, the token comes from there.

## Errors
Every error is \`application/problem+json\` (RFC 9457). Each operation lists the \`code\`s that it can answer
with; \`detail\` is for people, and its wording may change.

## Repeating requests
\`POST\` operations that take an \`Idempotency-Key\` can be repeated safely for 24 hours. Use a new key for each
thing that you want done, such as a random UUID.`

/** The tags in the order in which a reader sees them. */
export const tags = [
  { name: 'accounts', description: 'Open an account.' },
  { name: 'sessions', description: 'Log in, stay logged in, log out.' },
  { name: 'users', description: 'The caller, and other users for operators.' },
  { name: 'products', description: 'The catalogue: anyone reads it, operators change it.' },
  { name: 'orders', description: 'Place orders, follow and cancel them, export them.' },
  { name: 'currencies', description: 'How many decimals the amounts of a currency have.' },
  { name: 'operators', description: "All users' orders, and what is done to them. For the role `admin`." },
  { name: 'events', description: 'The feed of all events, for other systems. For the role `admin`.' },
  { name: 'webhooks', description: 'Events sent to URLs, and the log of it. For the role `admin`.' },
  { name: 'keys', description: 'What services verify access tokens with.' },
  { name: 'operation', description: 'For operators, and readers of the contract.' },
]
