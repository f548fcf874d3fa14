import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { revalidate, revalidated } from '@shop/service/http/entity-tag'
import { locationHeader, problem, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/paging'
import { Page, PageQuery } from '@shop/service/paging/schemas'
import { Uuid, UuidList } from '@shop/service/schemas'
import { throwIfInvalid } from '@shop/service/validation'
import { Type } from 'typebox'
import type { ProductRepository } from '../db/product-repository.ts'
import { currencyErrors, NewProduct, Product, ProductChange, ProductPrice } from '../product.ts'

const listProductsSchema = {
  summary: 'The catalogue, newest first',
  description: 'Pages by cursor at any depth, or by offset near the beginning.',
  tags: ['products'],
  operationId: 'listProducts',
  headers: revalidated.requestHeaders,
  querystring: Type.Object(PageQuery, { additionalProperties: false }),
  response: {
    200: success('A page of products.', Page(Product, { title: 'ProductPage' }), revalidated.headers),
    ...revalidated.notModified,
    ...problems(400, 500, 503),
  },
}

const getProductSchema = {
  summary: 'One product',
  description: 'The product at its current price.',
  tags: ['products'],
  operationId: 'getProduct',
  headers: revalidated.requestHeaders,
  params: Type.Object({ id: Uuid }),
  response: {
    200: success('The product.', Product, revalidated.headers),
    ...revalidated.notModified,
    ...problems(400, 500, 503),
    ...problem(404, ['product_not_found']),
  },
}

const listPricesSchema = {
  summary: 'Names and prices of several products, for services that store them',
  description: 'In any order, without the products that do not exist.',
  tags: ['products'],
  operationId: 'listPrices',
  querystring: Type.Object(
    { ids: UuidList({ maxItems: 100, examples: ['019ddc4c-8c00-7000-8000-0000000d0001'] }) },
    { additionalProperties: false },
  ),
  response: {
    200: success(
      'The products.',
      Type.Object({ data: Type.Array(ProductPrice) }, { title: 'ProductPrices' }),
    ),
    ...problems(400, 500, 503),
  },
}

const createProductSchema = {
  summary: 'Add a product (role admin)',
  description: 'The amount is in minor units of the currency.',
  tags: ['products'],
  operationId: 'createProduct',
  security: bearerSecurity,
  body: NewProduct,
  response: {
    201: success('The new product.', Product, locationHeader),
    ...problems(400, 401, 403, 413, 415, 500, 503),
  },
}

const changeProductSchema = {
  summary: 'Change some members of a product (role admin)',
  description:
    'Members that are left out stay as they are. Orders keep the name and price that they were placed with.',
  tags: ['products'],
  operationId: 'changeProduct',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  body: ProductChange,
  response: {
    200: success('The changed product.', Product),
    ...problems(400, 401, 403, 413, 415, 500, 503),
    ...problem(404, ['product_not_found']),
  },
}

export type ProductRoutes = { products: ProductRepository; verifyToken: VerifyToken }

export const productRoutes: FastifyPluginAsyncTypebox<ProductRoutes> = async (
  app,
  { products, verifyToken },
) => {
  const adminOnly = [authenticate(verifyToken), requireRole('admin')]

  app.get('/products', { schema: listProductsSchema, onSend: revalidate }, async (request) => {
    const { limit = pageLimits.defaultLimit, offset, cursor } = request.query
    const page = await products.listProducts({ limit, offset, cursor })
    return {
      data: page.products,
      meta: { count: page.count, limit, offset: offset ?? 0, nextCursor: page.nextCursor },
    }
  })

  app.get('/products/prices', { schema: listPricesSchema }, async ({ query: { ids } }, reply) => {
    const data = await products.findPrices(ids.split(','))
    // orders are placed at the speed of this answer, and the serializer made from the schema takes twice as long
    reply.serializer(JSON.stringify).type('application/json; charset=utf-8')
    return { data }
  })

  app.get('/products/:id', { schema: getProductSchema, onSend: revalidate }, async (request) => {
    return products.findProduct(request.params.id)
  })

  app.post('/products', { schema: createProductSchema, onRequest: adminOnly }, async (request, reply) => {
    throwIfInvalid(currencyErrors(request.body.currency))
    const product = await products.createProduct(request.body)
    return reply.code(201).header('location', `/products/${product.id}`).send(product)
  })

  app.patch('/products/:id', { schema: changeProductSchema, onRequest: adminOnly }, async (request) => {
    throwIfInvalid(currencyErrors(request.body.currency))
    return products.changeProduct(request.params.id, request.body)
  })
}
