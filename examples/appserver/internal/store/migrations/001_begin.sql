-- Times are milliseconds since 1970. The program replaces {{serial}} by the database's type for an
-- automatic number. Everything else is the same for SQLite and PostgreSQL.

CREATE TABLE users (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL UNIQUE,
	password      TEXT NOT NULL,
	operator      BOOLEAN NOT NULL DEFAULT FALSE,
	blocked_until BIGINT NOT NULL DEFAULT 0,
	created_at    BIGINT NOT NULL
);

-- Only the hash of a session's token is stored, so nobody can log in with a copy of the database.
CREATE TABLE sessions (
	token_hash TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id),
	expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expire ON sessions (expires_at);

-- Attempts to log in or sign up. who is the hash of a name or an address, and failures counts the
-- attempts since the given time.
CREATE TABLE login_failures (
	who      TEXT PRIMARY KEY,
	failures BIGINT NOT NULL,
	since    BIGINT NOT NULL
);

-- One row for each pair of users. a sorts before b.
CREATE TABLE friendships (
	a        TEXT NOT NULL REFERENCES users (id),
	b        TEXT NOT NULL REFERENCES users (id),
	state    TEXT NOT NULL, -- asked, friends
	asked_by TEXT NOT NULL,
	PRIMARY KEY (a, b)
);
CREATE INDEX friendships_b ON friendships (b);

CREATE TABLE blocks (
	user_id   TEXT NOT NULL REFERENCES users (id),
	target_id TEXT NOT NULL REFERENCES users (id),
	PRIMARY KEY (user_id, target_id)
);

CREATE TABLE chat_groups (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	owner_id   TEXT NOT NULL,
	dismissed  BOOLEAN NOT NULL DEFAULT FALSE,
	created_at BIGINT NOT NULL
);

CREATE TABLE members (
	group_id TEXT NOT NULL REFERENCES chat_groups (id),
	user_id  TEXT NOT NULL,
	PRIMARY KEY (group_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

-- The archive. The primary key makes a repeated callback change nothing.
CREATE TABLE messages (
	uid          TEXT PRIMARY KEY,
	conversation TEXT NOT NULL,
	from_id      TEXT NOT NULL,
	target_id    TEXT NOT NULL,
	type         BIGINT NOT NULL,
	object_name  TEXT NOT NULL,
	body         TEXT NOT NULL,
	recalled     BOOLEAN NOT NULL DEFAULT FALSE,
	sent_at      BIGINT NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation, sent_at, uid);

-- Recalled messages. The callback of a recall may arrive before the message itself.
CREATE TABLE recalls (
	uid TEXT PRIMARY KEY
);

-- The list of conversations of each user.
CREATE TABLE inboxes (
	user_id      TEXT NOT NULL,
	conversation TEXT NOT NULL,
	last_uid     TEXT NOT NULL,
	last_at      BIGINT NOT NULL,
	unread       BIGINT NOT NULL,
	PRIMARY KEY (user_id, conversation)
);

CREATE TABLE presence (
	user_id TEXT NOT NULL,
	session TEXT NOT NULL, -- a user can have several devices
	online  BOOLEAN NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (user_id, session)
);

CREATE TABLE reports (
	id          {{serial}},
	message_uid TEXT NOT NULL,
	reporter_id TEXT NOT NULL, -- empty if RongCloud's moderation reported it
	reason      TEXT NOT NULL,
	state       TEXT NOT NULL, -- open, dismissed, upheld
	created_at  BIGINT NOT NULL,
	UNIQUE (message_uid, reporter_id)
);

-- A transaction locks the row of a lane before it decides anything about it. So the IDs of the
-- lane's jobs are in the order of the decisions, even with concurrent transactions.
CREATE TABLE lanes (
	name TEXT PRIMARY KEY,
	turn BIGINT NOT NULL
);

CREATE TABLE outbox (
	id          {{serial}},
	lane        TEXT NOT NULL,
	kind        TEXT NOT NULL,
	params      TEXT NOT NULL,
	state       TEXT NOT NULL, -- waiting, begun, done, parked, refused, dropped
	tries       BIGINT NOT NULL DEFAULT 0,
	next_at     BIGINT NOT NULL, -- the time of the next attempt
	lease_until BIGINT NOT NULL DEFAULT 0,
	result      TEXT NOT NULL DEFAULT '',
	error       TEXT NOT NULL DEFAULT '',
	created_at  BIGINT NOT NULL,
	ended_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX outbox_lane ON outbox (lane, id);
-- These indexes keep claims fast, however many jobs there are.
CREATE INDEX outbox_turn ON outbox (state, id, next_at);
CREATE INDEX outbox_open ON outbox (lane, id) WHERE state IN ('waiting', 'begun');
