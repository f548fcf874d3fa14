import { Injectable } from '@nestjs/common'
import { InjectRepository } from '@nestjs/typeorm'
import { Repository } from 'typeorm'
import { Order } from './order.entity.js'
import { OrderCount } from './order-count.entity.js'

@Injectable()
export class OrdersService {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    @InjectRepository(OrderCount) private readonly counts: Repository<OrderCount>,
  ) {}

  async findByUser(userId: string, { limit, offset }: { limit: number; offset: number }) {
    const [orders, counted] = await Promise.all([
      this.orders
        .createQueryBuilder('o')
        .select('o.id', 'id')
        .addSelect('o.userId', 'userId')
        .addSelect('o.productId', 'productId')
        .addSelect('o.productName', 'productName')
        .addSelect('o.itemCount', 'itemCount')
        .addSelect('o.totalAmount', 'totalAmount')
        .addSelect('o.refundedAmount', 'refundedAmount')
        .addSelect('o.currency', 'currency')
        .addSelect('o.status', 'status')
        .addSelect('o.version', 'version')
        .addSelect('o.createdAt', 'createdAt')
        .addSelect('o.updatedAt', 'updatedAt')
        .where('o.userId = :userId', { userId })
        .orderBy('o.createdAt', 'DESC')
        .addOrderBy('o.id', 'DESC')
        .limit(limit)
        .offset(offset)
        .getRawMany<Order>(),
      this.counts
        .createQueryBuilder('c')
        .select('coalesce(sum(c.count), 0)::int', 'count')
        .where('c.userId = :userId', { userId })
        .getRawOne<{ count: number }>(),
    ])
    return { orders, count: counted?.count ?? 0 }
  }
}
