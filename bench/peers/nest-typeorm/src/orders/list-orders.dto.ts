import { Type } from 'class-transformer'
import { IsInt, Max, Min } from 'class-validator'

export class ListOrdersDto {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 20

  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10_000)
  offset: number = 0
}
