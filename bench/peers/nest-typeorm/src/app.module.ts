import { Module } from '@nestjs/common'
import { TypeOrmModule } from '@nestjs/typeorm'
import { AuthModule } from './auth/auth.module.js'
import { Order } from './orders/order.entity.js'
import { OrdersModule } from './orders/orders.module.js'

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      entities: [Order],
      synchronize: false,
      // bigint comes as text otherwise
      parseInt8: true,
    }),
    AuthModule,
    OrdersModule,
  ],
})
export class AppModule {}
