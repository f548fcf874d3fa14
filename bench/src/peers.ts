import { request } from 'undici'
import type { Peer } from '../peers/peers.ts'
import { newestFirst, orderCount, orderId, shownOf, uuid } from './data-set.ts'
import type { Progress } from './progress.ts'
import type { Neighbourhood, Subject } from './subjects.ts'

/**
 * Installs and starts the peers. A peer that does not start or answers wrongly is left out and noted as a
 * problem.
 */
export async function startPeers(
  neighbourhood: Neighbourhood,
  { databaseUrl, progress, problems }: { databaseUrl: string; progress: Progress; problems: string[] },
): Promise<Subject[]> {
  // loaded only with --peers, because the peers' dependencies are installed separately
  const { peers, installPeers } = await import('../peers/peers.ts')
  await installPeers(progress.line)
  const subjects: Subject[] = []
  for (const peer of peers) {
    const { name, title, folder, command, env, path } = peer
    progress.line(`starting ${title}`)
    try {
      const subject = await neighbourhood.startPeer({
        name,
        title,
        path,
        argv: command,
        cwd: folder,
        env: { ...env, DATABASE_URL: databaseUrl },
      })
      await checkAnswer(subject, peer, neighbourhood.tokens)
      subjects.push(subject)
    } catch (error) {
      problems.push(`${title}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return subjects
}

async function checkAnswer({ origin }: Subject, { path, rows, count }: Peer, tokens: string[]) {
  const user = 1
  const { body, headers } = await request(`${origin}${path}`, {
    headers: { authorization: `Bearer ${tokens[user - 1]}` },
  })
  const answer = await body.json()
  const owners = rows(answer).map(({ userId }) => userId)
  const total = count({ body: answer, headers })
  const right = owners.length === 20 && owners.every((owner) => owner === uuid(user))
  if (right && total === orderCount(user)) return checkRows(rows(answer), user)
  throw new Error(
    `it answers with ${owners.length} rows of ${new Set(owners).size} users and the count ${total}, ` +
      `instead of 20 of one user and ${orderCount(user)}`,
  )
}

function checkRows(rows: Record<string, unknown>[], user: number) {
  for (const [index, order] of newestFirst(user).slice(0, rows.length).entries()) {
    const row = rows[index] ?? {}
    for (const [member, value] of Object.entries({ id: orderId(user, order), ...shownOf(user, order) })) {
      // Platformatic DB sends a bigint as text
      if (String(row[member]) !== String(value))
        throw new Error(`row ${index} has ${member} ${row[member]} instead of ${value}`)
    }
  }
}
