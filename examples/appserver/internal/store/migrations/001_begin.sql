-- All moments are milliseconds since 1970, and {{serial}} is the database's word for a number that
-- it counts up by itself. The rest is understood by SQLite and PostgreSQL alike.

CREATE TABLE users (
	id            TEXT PRIMARY KEY,
	name          TEXT NOT NULL UNIQUE,
	password      TEXT NOT NULL,
	operator      BOOLEAN NOT NULL DEFAULT FALSE,
	blocked_until BIGINT NOT NULL DEFAULT 0,
	created_at    BIGINT NOT NULL
);

-- A session is kept as a hash, so that a copy of the database lets nobody in.
CREATE TABLE sessions (
	token_hash TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id),
	expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expire ON sessions (expires_at);

-- Who tries passwords: a name or an address.
CREATE TABLE login_failures (
	who      TEXT PRIMARY KEY,
	failures BIGINT NOT NULL,
	since    BIGINT NOT NULL
);

-- One row for two users: a before b.
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

-- The archive. A callback that comes again meets its own UID here, and changes nothing.
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

-- Messages that were taken back, also those of which the callback has not come yet.
CREATE TABLE recalls (
	uid TEXT PRIMARY KEY
);

-- What each user sees in the list of conversations.
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
	session TEXT NOT NULL, -- one of several devices
	online  BOOLEAN NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (user_id, session)
);

CREATE TABLE reports (
	id          {{serial}},
	message_uid TEXT NOT NULL,
	reporter_id TEXT NOT NULL, -- empty for RongCloud's moderation
	reason      TEXT NOT NULL,
	state       TEXT NOT NULL, -- open, dismissed, upheld
	created_at  BIGINT NOT NULL,
	UNIQUE (message_uid, reporter_id)
);

-- Who decides something about a lane locks its row first. So the numbers of its outbox rows are in
-- the order of the decisions, also where transactions run side by side.
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
	next_at     BIGINT NOT NULL, -- not before this moment
	lease_until BIGINT NOT NULL DEFAULT 0,
	result      TEXT NOT NULL DEFAULT '',
	error       TEXT NOT NULL DEFAULT '',
	created_at  BIGINT NOT NULL,
	ended_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX outbox_lane ON outbox (lane, id);
-- These keep a claim quick, however many jobs there are.
CREATE INDEX outbox_turn ON outbox (state, id, next_at);
CREATE INDEX outbox_open ON outbox (lane, id) WHERE state IN ('waiting', 'begun');
