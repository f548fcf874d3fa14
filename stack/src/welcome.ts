import { localUrl, type StackConfig } from './config.ts'

/** Returns the text that is printed once everything runs. */
export function welcome(config: StackConfig, options: { logs: string; seeded: boolean }): string {
  const gateway = localUrl(config.gatewayPort)
  return `
  Ready: ${gateway}/users, /products, /orders

    Pages                  ${gateway}, for operators ${gateway}/desk
    Read and try the API   ${gateway}/docs
    Logs                   ${options.logs}
${options.seeded ? demo(gateway) : ''}
  Press Ctrl-C to stop everything.
`
}

function demo(gateway: string): string {
  return `    Log in as              alice@example.com, bob@example.com, carol@example.com (no orders),
                           admin@example.com; the password is demo-password

  Alice's orders, to paste into another terminal:

TOKEN=$(curl -s ${gateway}/users/login -H 'Content-Type: application/json' -d '{"email":"alice@example.com","password":"demo-password"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/'); curl -s ${gateway}/orders -H "Authorization: Bearer $TOKEN"; echo
`
}
