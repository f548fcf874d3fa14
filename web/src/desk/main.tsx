import { QueryClientProvider } from '@tanstack/preact-query'
import { render } from 'preact'
import { reloadOnceAfterDeploy } from '../ground/reload-once.ts'
import { App } from './app.tsx'
import { prefetchCurrencies, queries } from './shop.ts'
import '../style/tokens.css'
import '../style/base.css'
import '../style/frame.css'
import '../style/controls.css'
import '../style/states.css'
import '../style/dialog.css'
import '../style/table.css'
import '../style/cards.css'
import '../style/order.css'

reloadOnceAfterDeploy()
void prefetchCurrencies()
render(
  <QueryClientProvider client={queries}>
    <App />
  </QueryClientProvider>,
  document.getElementById('app') as HTMLElement,
)
