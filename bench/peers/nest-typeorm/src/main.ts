import { ValidationPipe } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'

const app = await NestFactory.create(AppModule)
app.useGlobalPipes(new ValidationPipe({ transform: true }))
app.enableShutdownHooks()
await app.listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1')
