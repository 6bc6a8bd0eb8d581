// The tables of the auth plugin.
import { type Kysely, sql } from 'kysely'
import type { AnyTables, Migration } from '../database/service.ts'

const users = {
  async up(db: Kysely<AnyTables>) {
    await sql`
      create table auth_users (
        id uuid primary key,
        name text not null,
        name_key text not null unique,
        roles text[] not null,
        password text,
        version integer not null default 1,
        oidc_issuer text,
        oidc_subject text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (oidc_issuer, oidc_subject)
      )`.execute(db)
  },
}

const revokedTokens = {
  async up(db: Kysely<AnyTables>) {
    await sql`
      create table auth_revoked_tokens (
        jti text primary key,
        expires_at timestamptz not null
      )`.execute(db)
    await sql`create index auth_revoked_tokens_expires_at on auth_revoked_tokens (expires_at)`.execute(db)
  },
}

const oidcLogins = {
  async up(db: Kysely<AnyTables>) {
    await sql`
      create table auth_oidc_logins (
        state_hash text primary key,
        browser_hash text not null,
        verifier text not null,
        nonce text not null,
        redirect_uri text not null,
        expires_at timestamptz not null
      )`.execute(db)
    await sql`create index auth_oidc_logins_expires_at on auth_oidc_logins (expires_at)`.execute(db)
  },
}

export const migrations: Readonly<Record<string, Migration>> = {
  '001-users': users,
  '002-revoked-tokens': revokedTokens,
  '003-oidc-logins': oidcLogins,
}
