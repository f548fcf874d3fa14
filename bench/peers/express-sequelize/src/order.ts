import { DataTypes, type Sequelize } from 'sequelize'

export function defineOrder(sequelize: Sequelize) {
  return sequelize.define(
    'order',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      userId: { type: DataTypes.UUID, allowNull: false },
      productId: { type: DataTypes.UUID, allowNull: false },
      productName: { type: DataTypes.TEXT, allowNull: false },
      itemCount: { type: DataTypes.INTEGER, allowNull: false },
      totalAmount: { type: DataTypes.BIGINT, allowNull: false },
      refundedAmount: { type: DataTypes.BIGINT, allowNull: false },
      currency: { type: DataTypes.CHAR(3), allowNull: false },
      status: { type: DataTypes.TEXT, allowNull: false },
      version: { type: DataTypes.INTEGER, allowNull: false },
    },
    { underscored: true, timestamps: true },
  )
}
