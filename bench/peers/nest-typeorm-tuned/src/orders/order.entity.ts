import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm'

@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn('uuid')
  id: string

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string

  @Column({ name: 'product_id', type: 'uuid' })
  productId: string

  @Column({ name: 'product_name', type: 'text' })
  productName: string

  @Column({ name: 'item_count', type: 'int' })
  itemCount: number

  @Column({ name: 'total_amount', type: 'bigint' })
  totalAmount: number

  @Column({ name: 'refunded_amount', type: 'bigint' })
  refundedAmount: number

  @Column({ type: 'char', length: 3 })
  currency: string

  @Column({ type: 'text' })
  status: string

  @Column({ type: 'int' })
  version: number

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date
}
