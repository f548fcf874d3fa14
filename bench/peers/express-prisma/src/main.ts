import { PrismaPg } from '@prisma/adapter-pg'
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { PrismaClient } from './generated/prisma/client.ts'
import { parsePage } from './page.ts'

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })
const prisma = new PrismaClient({ adapter })
const app = express()

app.use(
  auth({
    jwksUri: process.env.AUTH_JWKS_URL,
    issuer: process.env.AUTH_ISSUER,
    audience: process.env.AUTH_AUDIENCE,
    tokenSigningAlg: 'ES256',
  }),
)

app.get('/orders', async (request, response) => {
  const page = parsePage(request.query)
  if (!page) {
    response.status(400).json({ error: 'limit must be 1 to 100, offset 0 to 10000' })
    return
  }
  const where = { userId: request.auth?.payload.sub as string }
  const [data, count] = await Promise.all([
    prisma.order.findMany({
      where,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      skip: page.offset,
      take: page.limit,
    }),
    prisma.order.count({ where }),
  ])
  // JSON.stringify refuses a BigInt
  const orders = data.map((order) => ({
    ...order,
    totalAmount: Number(order.totalAmount),
    refundedAmount: Number(order.refundedAmount),
  }))
  response.json({ data: orders, meta: { count, ...page } })
})

const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1')
process.once('SIGTERM', () => {
  server.close(() => prisma.$disconnect())
  server.closeIdleConnections()
})
