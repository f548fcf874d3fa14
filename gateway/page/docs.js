/**
 * The page at /docs. The access token is kept for this tab alone, until it is closed: in sessionStorage, so that a
 * reload does not lose it.
 */
/* global SwaggerUIBundle */
const storageKey = 'access-token'
const state = document.getElementById('token-state')

function keepToken(token) {
  sessionStorage.setItem(storageKey, token)
  showState()
}

function forgetToken() {
  sessionStorage.removeItem(storageKey)
  showState()
}

function showState() {
  if (sessionStorage.getItem(storageKey) === null) {
    state.textContent = 'No access token: run login below, or press Authorize.'
    return
  }
  const forget = document.createElement('button')
  forget.type = 'button'
  forget.textContent = 'Forget it'
  forget.addEventListener('click', () => ui.authActions.logout(['bearer']))
  state.replaceChildren('An access token is sent with your requests.', forget)
}

/** Follows the dialog Authorize. */
const followDialog = {
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (authorize) => (given) => {
          if (given.bearer?.value) keepToken(given.bearer.value)
          return authorize(given)
        },
        logout: (logout) => (names) => {
          if (names.includes('bearer')) forgetToken()
          return logout(names)
        },
      },
    },
  },
}

function authorize(value) {
  ui.authActions.authorize({ bearer: { name: 'bearer', schema: { type: 'http', scheme: 'bearer' }, value } })
}

/** Takes the token that login and refresh answer with. */
function takeToken(response) {
  const { pathname } = new URL(response.url, location.href)
  if (response.ok && /^\/users\/(?:login|refresh)$/.test(pathname)) authorize(response.body.accessToken)
  return response
}

const ui = SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('api'),
  plugins: [followDialog],
  deepLinking: true,
  docExpansion: matchMedia('(max-width: 640px)').matches ? 'none' : 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  responseInterceptor: takeToken,
  onComplete() {
    const token = sessionStorage.getItem(storageKey)
    if (token !== null) authorize(token)
  },
})
showState()
