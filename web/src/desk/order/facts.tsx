import type { OperatorOrder } from '@shop/client'
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { Time } from '../../ground/times.tsx'
import { t } from '../texts/index.ts'

/** In place of a name that the identity provider does not provide. */
export const NoName = () => <span class="muted">{t('order.noName')}</span>

/** What stands beside an order: customer, address, shipment, payment. */
export function Facts({ order }: { order: OperatorOrder }) {
  const { customer, userId, shippingAddress, shipment, paymentReference, metadata, createdAt, id } = order
  return (
    <aside class="facts stack">
      <Fact name={t('order.customer')}>
        {customer ? (
          <>
            <p>{customer.name === null ? <NoName /> : <bdi>{customer.name}</bdi>}</p>
            {customer.email === null ? null : (
              <p class="break">
                <a href={`mailto:${encodeURIComponent(customer.email)}`}>
                  <bdi>{customer.email}</bdi>
                </a>
              </p>
            )}
          </>
        ) : (
          <p class="muted">{t('orders.noCustomer')}</p>
        )}
        <p>
          <Link href={`/desk/orders?user=${userId}`}>{t('order.ordersOf')}</Link>
        </p>
      </Fact>
      <Fact name={t('order.address')}>
        <Address of={shippingAddress} />
      </Fact>
      {shipment ? (
        <Fact name={t('order.shipment')}>
          <p>
            <bdi>{shipment.carrier}</bdi>
          </p>
          <p class="break mono">
            {shipment.trackingUrl ? (
              <a href={httpOnly(shipment.trackingUrl)} target="_blank" rel="noreferrer">
                <bdi>{shipment.trackingNumber}</bdi>
              </a>
            ) : (
              <bdi>{shipment.trackingNumber}</bdi>
            )}
          </p>
        </Fact>
      ) : null}
      {paymentReference ? (
        <Fact name={t('order.payment')}>
          <p class="break mono">
            <bdi>{paymentReference}</bdi>
          </p>
        </Fact>
      ) : null}
      {metadata && Object.keys(metadata).length > 0 ? (
        <Fact name={t('order.metadata')}>
          <dl>
            {Object.entries(metadata).map(([name, value]) => (
              <div key={name}>
                <dt class="muted small">
                  <bdi>{name}</bdi>
                </dt>
                <dd class="break">
                  <bdi>{String(value)}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </Fact>
      ) : null}
      <Fact name={t('order.placed')}>
        <Time at={createdAt} />
      </Fact>
      <Fact name={t('order.id')}>
        <p class="mono small break">{id}</p>
      </Fact>
    </aside>
  )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <section>
      <h2 class="label">{name}</h2>
      {children}
    </section>
  )
}

export function Address({ of: address }: { of: OperatorOrder['shippingAddress'] }) {
  if (!address) return <p class="muted">{t('order.noAddress')}</p>
  return (
    <address>
      {addressLines(address).map((line) => (
        <div key={line} class="break">
          <bdi>{line}</bdi>
        </div>
      ))}
    </address>
  )
}

/** Returns an address as it is written; after an erasure there is little left of it. */
export function addressLines(address: NonNullable<OperatorOrder['shippingAddress']>): string[] {
  const { name, line1, line2, postalCode, city, region, country } = address
  const town = [postalCode, city].filter(Boolean).join(' ')
  return [name, line1, line2, town, region, country].filter(
    (line) => line !== undefined && line !== '',
  ) as string[]
}

/** The API accepts nothing else; a page must not become a script by an address, whoever has stored it. */
const httpOnly = (url: string) => (/^https?:\/\//i.test(url) ? url : undefined)
