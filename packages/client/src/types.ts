import type { operations } from './document.ts'

/** An operation of the API, by its operationId in the OpenAPI document. */
export type Operation = keyof operations

type Json<Part> = Part extends { content: { 'application/json': infer Body } } ? Body : never

type Success<Responses> = {
  [Status in keyof Responses]: Status extends 200 | 201 | 202 ? Json<Responses[Status]> : never
}[keyof Responses]

/** The body of an operation's successful answer. */
export type Answer<Id extends Operation> = Success<operations[Id]['responses']>

/** The body of an operation's request. */
export type Body<Id extends Operation> = Json<NonNullable<operations[Id]['requestBody']>>

/** The parameters of an operation's query. */
export type Query<Id extends Operation> = NonNullable<operations[Id]['parameters']['query']>

export type NewOrder = Body<'placeOrder'>
/** One order with its items, address, shipment, and what the caller may do to it. */
export type Order = Answer<'getOrder'>
/** An order in a list. */
export type ListedOrder = Answer<'listOrders'>['data'][number]
export type OrderStatus = ListedOrder['status']
export type OrderEvent = Answer<'getOrderHistory'>['data'][number]
export type Product = Answer<'getProduct'>
export type User = Answer<'getMe'>

export type OperatorOrder = Answer<'getOrderAsOperator'>
/** An order in the operators' list, with its customer. */
export type ListedOperatorOrder = Answer<'listOrdersAsOperator'>['data'][number]
export type Webhook = Answer<'getWebhook'>
export type Delivery = Answer<'listDeliveries'>['data'][number]

/** An event of the feed and of webhooks, a CloudEvent. */
export type ShopEvent = Answer<'listEvents'>['data'][number]

/** The order that a live update shows: without items, which never change. */
export type LiveOrder = Omit<ListedOrder, 'items'> & Pick<Order, 'shipment' | 'latePayment'>
