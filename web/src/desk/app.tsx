import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Redirect, Route, Switch } from 'wouter-preact'
import { language } from '../ground/preferences.ts'
import { Frame } from './frame.tsx'
import { Login } from './login.tsx'
import { OrderPage } from './order/order-page.tsx'
import { OrdersPage } from './orders/orders-page.tsx'
import { Failed, Loading, NotFound } from './parts/states.tsx'
import { t } from './texts/index.ts'

document.documentElement.lang = language

const FiguresPage = loaded(async () => (await import('./figures/figures-page.tsx')).FiguresPage)
const WebhooksPage = loaded(async () => (await import('./webhooks/webhooks-page.tsx')).WebhooksPage)
const WebhookPage = loaded(async () => (await import('./webhooks/webhook-page.tsx')).WebhookPage)
const PreferencesPage = loaded(async () => (await import('./preferences-page.tsx')).PreferencesPage)

export function App() {
  return (
    <>
      <Frame>
        <Switch>
          <Route path="/desk">
            <Redirect to="/desk/orders" replace />
          </Route>
          <Route path="/desk/orders" component={OrdersPage} />
          <Route path="/desk/orders/:id">{({ id }) => <OrderPage key={id} id={id} />}</Route>
          <Route path="/desk/figures">
            <FiguresPage />
          </Route>
          <Route path="/desk/webhooks">
            <WebhooksPage />
          </Route>
          <Route path="/desk/webhooks/:id">{({ id }) => <WebhookPage key={id} id={id} />}</Route>
          <Route path="/desk/preferences">
            <PreferencesPage />
          </Route>
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Frame>
      <Login />
    </>
  )
}

/** A page whose code is loaded when it is opened first. */
function loaded<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let page: ComponentType<Props> | undefined
  return function Loaded(props: Props) {
    const [Page, setPage] = useState(() => page)
    const [isMissing, setMissing] = useState(false)
    useEffect(() => {
      if (Page) return
      load().then(
        (found) => {
          page = found
          setPage(() => found)
        },
        () => setMissing(true),
      )
    }, [Page])
    if (Page) return <Page {...props} />
    return isMissing ? <Failed message={t('state.chunk')} /> : <Loading />
  }
}
