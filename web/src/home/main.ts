import { language } from '../ground/preferences.ts'
import '../style/tokens.css'
import '../style/base.css'

const german: Record<string, string> = {
  title: 'Ein Dienst für Bestellungen',
  what: 'Das ist das Gateway von order-stack: Es speichert, was Kunden bestellen, und verfolgt jede Bestellung bis zur Zustellung oder Erstattung.',
  desk: 'Die Verwaltung',
  deskWhat:
    'Für alle, die den Shop betreiben: Bestellungen finden, versenden und erstatten, Zahlen einsehen.',
  docs: 'Die API',
  docsWhat: 'Für Entwickler: jede Operation nachlesen und ausprobieren (auf Englisch).',
  document: 'Das OpenAPI-Dokument',
  documentWhat: 'Für Werkzeuge: derselbe Vertrag als Datei.',
}

if (language === 'de') {
  document.documentElement.lang = 'de'
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]'))
    element.textContent = german[element.dataset.text as string] ?? element.textContent
}

// behind a closed door there is no desk to lead to
const desk = await fetch('/desk', { method: 'HEAD' }).catch(() => undefined)
if (desk?.status === 404) document.querySelector('[data-way="desk"]')?.remove()
