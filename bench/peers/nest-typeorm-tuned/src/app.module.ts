import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { Order } from './orders/order.entity.js'
import { OrderCount } from './orders/order-count.entity.js'
import { OrdersModule } from './orders/orders.module.js'

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      entities: [Order, OrderCount],
      synchronize: false,
      // bigint comes as text otherwise
      parseInt8: true,
      poolSize: 6,
    }),
    OrdersModule,
  ],
})
export class AppModule {}
