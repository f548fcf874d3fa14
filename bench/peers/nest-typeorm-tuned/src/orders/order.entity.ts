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

  @Column({ type: 'int' })
  quantity: number

  @Column({ name: 'unit_amount', type: 'int' })
  unitAmount: number

  @Column({ type: 'char', length: 3 })
  currency: string

  @Column({ type: 'text' })
  status: string

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date
}
