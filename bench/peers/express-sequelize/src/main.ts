import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import pg from 'pg'
import { Sequelize } from 'sequelize'
import { defineOrder } from './order.ts'
import { parsePage } from './page.ts'

// bigint comes as text otherwise
pg.defaults.parseInt8 = true
// its default logs every statement to the console
const sequelize = new Sequelize(process.env.DATABASE_URL as string, { logging: false })
const Order = defineOrder(sequelize)
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
  const { rows, count } = await Order.findAndCountAll({
    where: { userId: request.auth?.payload.sub },
    order: [
      ['createdAt', 'DESC'],
      ['id', 'DESC'],
    ],
    offset: page.offset,
    limit: page.limit,
  })
  response.json({ data: rows, meta: { count, ...page } })
})

const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1')
process.once('SIGTERM', () => {
  server.close(() => sequelize.close())
  server.closeIdleConnections()
})
