import { Controller, Get, Query, Request, UseGuards } from '@nestjs/common'
import { RouteSchema } from '@nestjs/platform-fastify'
import { type AuthenticatedUser, JwtAuthGuard } from '../auth/jwt-auth.guard.js'
import { listOrdersSchema } from './list-orders.schema.js'
import { OrdersService } from './orders.service.js'

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  @UseGuards(JwtAuthGuard)
  @RouteSchema(listOrdersSchema)
  async findAll(
    @Request() request: { user: AuthenticatedUser },
    @Query() { limit, offset }: { limit: number; offset: number },
  ) {
    const { orders, count } = await this.orders.findByUser(request.user.userId, { limit, offset })
    return { data: orders, meta: { count, limit, offset } }
  }
}
