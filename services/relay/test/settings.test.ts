import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkEnvExample } from '@shop/tests/kit/env-example'
import { settings } from '../src/settings.ts'

test('.env.example explains every setting, in order, with its default', () => {
  checkEnvExample(settings, readFileSync(new URL('../.env.example', import.meta.url), 'utf8'))
})
