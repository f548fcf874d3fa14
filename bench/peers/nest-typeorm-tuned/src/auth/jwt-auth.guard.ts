import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'

export type AuthenticatedUser = { userId: string; role: string }
type AuthenticatedRequest = { headers: { authorization?: string }; user?: AuthenticatedUser }

@Injectable()
export class JwtAuthGuard implements CanActivate {
  private readonly keys = createRemoteJWKSet(new URL(process.env.AUTH_JWKS_URL as string))
  // larger than the number of tokens in use, because a cache that evicts tokens before they return is slower
  // than none
  private readonly verified = new LRUCache<string, { user: AuthenticatedUser; expiresAt: number }>({
    max: 50_000,
  })

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    const [scheme, token] = request.headers.authorization?.split(' ') ?? []
    if (scheme !== 'Bearer' || !token) throw new UnauthorizedException()

    const known = this.verified.get(token)
    if (known && known.expiresAt > Date.now()) {
      request.user = known.user
      return true
    }
    return this.verify(request, token)
  }

  private async verify(request: AuthenticatedRequest, token: string): Promise<boolean> {
    try {
      const { payload } = await jwtVerify<{ role: string }>(token, this.keys, {
        algorithms: ['ES256'],
        issuer: process.env.AUTH_ISSUER,
        audience: process.env.AUTH_AUDIENCE,
        typ: 'at+jwt',
        requiredClaims: ['sub', 'exp'],
      })
      const user = { userId: payload.sub as string, role: payload.role }
      this.verified.set(token, { user, expiresAt: (payload.exp as number) * 1000 })
      request.user = user
      return true
    } catch (error) {
      throw new UnauthorizedException(undefined, { cause: error })
    }
  }
}
