import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('order_counts')
export class OrderCount {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId: string

  @PrimaryColumn({ type: 'text' })
  status: string

  @Column({ type: 'bigint' })
  count: string
}
