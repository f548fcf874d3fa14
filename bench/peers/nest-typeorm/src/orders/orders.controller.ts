import { Controller, Get, Query, Request, UseGuards } from '@nestjs/common'
import type { AuthenticatedUser } from '../auth/jwt.strategy.js'
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js'
import { ListOrdersDto } from './list-orders.dto.js'
import { OrdersService } from './orders.service.js'

@Controller('orders')
@UseGuards(JwtAuthGuard)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  async findAll(@Request() request: { user: AuthenticatedUser }, @Query() { limit, offset }: ListOrdersDto) {
    const [data, count] = await this.orders.findByUser(request.user.userId, { limit, offset })
    return { data, meta: { count, limit, offset } }
  }
}
