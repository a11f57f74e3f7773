package store_test

import (
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/dbtest"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func enqueue(t *testing.T, s *store.Store, lane, kind string) {
	t.Helper()
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		tx.Enter(t.Context(), lane)
		tx.Enqueue(t.Context(), lane, kind, map[string]string{"a": "b"})
		return nil
	}))
}

func settle(t *testing.T, s *store.Store, job store.Job, how store.Settlement) bool {
	t.Helper()
	var changed bool
	require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
		changed = tx.Settle(t.Context(), job, how)
		return nil
	}))
	return changed
}

// Jobs of the same lane run one after the other. Other lanes do not wait for them.
func TestLanes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		for _, lane := range []string{"x", "x", "y"} {
			enqueue(t, s, lane, "k")
		}
		claim := func() (store.Job, error) { return s.Claim(t.Context(), time.Now(), time.Minute) }
		first, err := claim()
		require.NoError(t, err)
		require.Equal(t, store.Job{
			ID: first.ID, Lane: "x", Kind: "k", Params: []byte(`{"a":"b"}`), State: store.Begun, Tries: 1,
			NextAt: first.NextAt, CreatedAt: first.CreatedAt,
		}, first)
		other, err := claim()
		require.NoError(t, err)
		require.Equal(t, "y", other.Lane)
		_, err = claim()
		require.ErrorIs(t, err, store.ErrNotFound, "the second job of lane x waits for the first")
		require.True(t, settle(t, s, first, store.Settlement{State: store.Done, Result: "r"}))
		second, err := claim()
		require.NoError(t, err)
		require.Equal(t, "x", second.Lane)
		require.Greater(t, second.ID, first.ID)

		require.True(t, settle(t, s, second, store.Settlement{State: store.Waiting, NextAt: time.Now().Add(time.Hour)}))
		_, err = claim()
		require.ErrorIs(t, err, store.ErrNotFound, "not before its time")
		counts, oldest, err := s.Depth(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[store.State]int{store.Waiting: 1, store.Begun: 1, store.Done: 1}, counts)
		require.WithinDuration(t, time.Now(), oldest, time.Minute)
	})
}

// Workers that claim concurrently never get the same job.
func TestConcurrentClaims(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s, other := open(t, url), open(t, url)
		const jobs = 40
		for i := range jobs {
			enqueue(t, s, string(rune('a'+i%26))+string(rune('a'+i/26)), "k")
		}
		var mu sync.Mutex
		claimed := map[int64]int{}
		var all sync.WaitGroup
		for i := range 8 {
			from := []*store.Store{s, other}[i%2]
			all.Go(func() {
				for {
					job, err := from.Claim(t.Context(), time.Now(), time.Minute)
					mu.Lock()
					if err == nil {
						claimed[job.ID]++
					}
					enough := len(claimed) == jobs || err != nil && !errors.Is(err, store.ErrNotFound)
					mu.Unlock()
					if enough {
						return
					}
				}
			})
		}
		all.Wait()
		require.Len(t, claimed, jobs)
		for id, n := range claimed {
			require.Equal(t, 1, n, id)
		}
	})
}

// Expired returns the job of a dead worker once its lease has ended. If that worker reports later
// that the job is done, the job becomes done. Any other late report changes nothing.
func TestLease(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		enqueue(t, s, "x", "k")
		job, err := s.Claim(t.Context(), time.Now(), time.Second)
		require.NoError(t, err)
		expired, err := s.Expired(t.Context(), time.Now())
		require.NoError(t, err)
		require.Empty(t, expired)
		expired, err = s.Expired(t.Context(), time.Now().Add(time.Minute))
		require.NoError(t, err)
		require.Len(t, expired, 1)

		require.True(t, settle(t, s, expired[0], store.Settlement{State: store.Parked, Error: "dead"}))
		require.False(t, settle(t, s, job, store.Settlement{State: store.Refused}))
		require.True(t, settle(t, s, job, store.Settlement{State: store.Done, Result: "uid"}))
		known, err := s.Job(t.Context(), job.ID)
		require.NoError(t, err)
		require.Equal(t, store.Done, known.State)
		require.Equal(t, "uid", known.Result)

		require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
			require.False(t, tx.Decide(t.Context(), job.ID, store.Waiting), "there is nothing to decide: the job is done")
			return nil
		}))
	})
}

// A worker cannot settle a job that another worker has begun again since.
func TestLateWorker(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		enqueue(t, s, "x", "k")
		first, err := s.Claim(t.Context(), time.Now(), time.Second)
		require.NoError(t, err)
		require.True(t, settle(t, s, first, store.Settlement{State: store.Waiting}))
		second, err := s.Claim(t.Context(), time.Now(), time.Second)
		require.NoError(t, err)
		require.Equal(t, 2, second.Tries)
		require.False(t, settle(t, s, first, store.Settlement{State: store.Done}))
		require.True(t, settle(t, s, second, store.Settlement{State: store.Done}))
	})
}

// A change that fails writes neither to the tables nor to the outbox, and publishes no event.
func TestChangeFails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		s.Listen(func(e store.Event) { t.Errorf("unexpected event %v", e) })
		failure := errors.New("no")
		require.ErrorIs(t, s.Change(t.Context(), func(tx *store.Tx) error {
			tx.Enqueue(t.Context(), "x", "k", nil)
			require.True(t, tx.AddUser(t.Context(), store.User{ID: "a", Name: "a"}))
			return failure
		}), failure)
		_, err := s.User(t.Context(), "a")
		require.ErrorIs(t, err, store.ErrNotFound)
		counts, _, err := s.Depth(t.Context())
		require.NoError(t, err)
		require.Empty(t, counts)
	})
}

// The first query that fails ends a transaction: later queries do nothing. Change returns the error
// of that query, whatever the function returns.
func TestFirstFailure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		err := s.Change(t.Context(), func(tx *store.Tx) error {
			require.True(t, tx.AddUser(t.Context(), store.User{ID: "a", Name: "a"}))
			tx.SetFriendship(t.Context(), "a", "nobody", store.Friendship{State: store.Friends})
			require.False(t, tx.AddUser(t.Context(), store.User{ID: "b", Name: "b"}))
			return errors.New("another error, caused by the first")
		})
		require.ErrorContains(t, err, "onstraint")
		require.ErrorContains(t, s.Change(t.Context(), func(tx *store.Tx) error {
			tx.Enqueue(t.Context(), "x", "k", func() {})
			return nil
		}), "json")
		// A failed SELECT ends the transaction too, but one that finds no row does not.
		require.ErrorIs(t, s.Change(t.Context(), func(tx *store.Tx) error {
			_, err := tx.User(t.Context(), "nobody")
			require.ErrorIs(t, err, store.ErrNotFound)
			require.True(t, tx.AddUser(t.Context(), store.User{ID: "a", Name: "a"}))
			_, _ = tx.User(t.Context(), "\x00")
			_, err = tx.User(t.Context(), "a")
			require.ErrorIs(t, err, store.ErrText)
			require.False(t, tx.AddUser(t.Context(), store.User{ID: "b", Name: "b"}))
			return nil
		}), store.ErrText)
		_, err = s.User(t.Context(), "a")
		require.ErrorIs(t, err, store.ErrNotFound)
		counts, _, err := s.Depth(t.Context())
		require.NoError(t, err)
		require.Empty(t, counts)
	})
}

// Archiving a message twice changes nothing. A message that arrives late does not become the last
// one of its conversation.
func TestArchive(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		at := time.UnixMilli(1_800_000_000_000)
		archive := func(uid string, at time.Time) (added bool) {
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
				added = tx.Archive(t.Context(), store.Message{
					UID: uid, Conversation: store.PrivateConversation("ben",
						"ann"), From: "ann", Target: "ben", Type: 1, ObjectName: "RC:TxtMsg", Body: "{}", SentAt: at,
				})
				return nil
			}))
			return added
		}
		require.True(t, archive("1", at))
		require.False(t, archive("1", at.Add(time.Hour)))
		require.True(t, archive("2", at))
		require.True(t, archive("0", at.Add(-time.Hour)))
		inboxes, err := s.Inboxes(t.Context(), "ben")
		require.NoError(t, err)
		require.Len(t, inboxes, 1)
		require.Equal(t, 3, inboxes[0].Unread)
		require.Equal(t, "2", inboxes[0].Last.UID)
		inboxes, err = s.Inboxes(t.Context(), "ann")
		require.NoError(t, err)
		require.Zero(t, inboxes[0].Unread, "ann has read her own messages")

		page, err := s.History(t.Context(), "p:ann:ben", at.Add(time.Hour), "", 2)
		require.NoError(t, err)
		require.Equal(t, []string{"2", "1"}, []string{page[0].UID, page[1].UID})
		page, err = s.History(t.Context(), "p:ann:ben", page[1].SentAt, page[1].UID, 2)
		require.NoError(t, err)
		require.Len(t, page, 1)
		require.Equal(t, "0", page[0].UID)

		// Message 2 is recalled after it arrived, message 3 before.
		for _, uid := range []string{"2", "3", "3"} {
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
				tx.Recall(t.Context(), uid)
				return nil
			}))
		}
		require.True(t, archive("3", at))
		for uid, want := range map[string]bool{"1": false, "2": true, "3": true} {
			m, err := s.Message(t.Context(), uid)
			require.NoError(t, err)
			require.Equal(t, want, m.Recalled, uid)
		}
	})
}

// A message is recalled whichever order it and its recall arrive in, even in concurrent
// transactions.
func TestConcurrentRecall(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		archive := func(uid string) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Archive(t.Context(), store.Message{UID: uid, Conversation: "p:ann:ben", From: "ann", Target: "ben", SentAt: time.Now()})
				return nil
			}
		}
		recall := func(uid string) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Recall(t.Context(), uid)
				return nil
			}
		}
		for uid, c := range map[string][2]func(tx *store.Tx) error{"1": {archive("1"), recall("1")}, "2": {recall("2"), archive("2")}} {
			second := make(chan error, 1)
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
				err := c[0](tx)
				ended := make(chan struct{})
				go func() {
					second <- s.Change(t.Context(), c[1])
					close(ended)
				}()
				select {
				case <-ended: // the second transaction did not wait for the first
				case <-time.After(300 * time.Millisecond):
				}
				return err
			}))
			require.NoError(t, <-second)
			m, err := s.Message(t.Context(), uid)
			require.NoError(t, err)
			require.True(t, m.Recalled, uid)
		}
	})
}

// A late callback about a device does not overwrite a newer one.
func TestPresence(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		at := time.UnixMilli(1_800_000_000_000)
		set := func(session string, online bool, at time.Time) bool {
			var changed bool
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
				changed = tx.SetPresence(t.Context(), "a", session, online, at)
				return nil
			}))
			return changed
		}
		require.True(t, set("1", false, at))
		require.False(t, set("1", true, at.Add(-time.Second)))
		require.False(t, set("1", false, at), "a repeated callback")
		require.True(t, set("2", true, at))
	})
}

// Login attempts are counted for a period, which begins with the first attempt.
func TestTryLogin(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		for want := 1; want <= 3; want++ {
			n, err := s.TryLogin(t.Context(), "a", time.Hour)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		n, err := s.TryLogin(t.Context(), "a", -time.Hour)
		require.NoError(t, err)
		require.Equal(t, 1, n, "a new period begins")
	})
}

// Other processes receive the events of a change, even for more users than fit into a notification.
func TestFeed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		writer, reader := open(t, url), open(t, url)
		if url[:6] == "sqlite" { // SQLite publishes events only in the process that made them
			reader = writer
		}
		events := make(chan store.Event, 10)
		reader.Listen(func(e store.Event) { events <- e })
		go reader.Follow(t.Context(), func(err error) { t.Error(err) })
		if reader != writer {
			require.Equal(t, store.EventMissed, (<-events).Type, "the reader listens now")
		}
		users := make([]string, 250)
		for i := range users {
			users[i] = "abcdefghijklmnopqrstuvwx" + strconv.Itoa(i)
		}
		require.NoError(t, writer.Change(t.Context(), func(tx *store.Tx) error {
			tx.Notify(store.Event{Type: store.EventMessage, Conversation: "g:x", UserIDs: users})
			return nil
		}))
		got := 0
		for got < len(users) {
			select {
			case e := <-events:
				got += len(e.UserIDs)
			case <-time.After(20 * time.Second):
				t.Fatalf("events for %d users only", got)
			}
		}
		require.Len(t, users, got)
	})
}

// People returns the names of a group's members, or the IDs of those who have no account.
func TestPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
			tx.AddUser(t.Context(), store.User{ID: "a", Name: "Ann"})
			tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "G"})
			tx.SetMembers(t.Context(), "g", "b", "a")
			return nil
		}))
		people, err := s.People(t.Context(), "g")
		require.NoError(t, err)
		require.Equal(t, []store.Person{{ID: "a", Name: "Ann"}, {ID: "b", Name: "b"}}, people)
	})
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "mysql://x", "sqlite:", "postgres://127.0.0.1:1/x", "sqlite::memory:",
		"postgres://x:pass#word@127.0.0.1/x", "postgres://127.0.0.1/x?password=word&sslmode=bad"} {
		_, err := store.Open(t.Context(), url)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "pass")
	}
}

// Both databases refuse texts that PostgreSQL cannot store.
func TestInvalidText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		for _, text := range []string{"a\x00b", "a\xffb"} {
			_, err := s.UserByName(t.Context(), text)
			require.ErrorIs(t, err, store.ErrText)
			require.ErrorIs(t, s.Change(t.Context(), func(tx *store.Tx) error {
				tx.SetGroup(t.Context(), store.Group{ID: "g", Name: text})
				return nil
			}), store.ErrText)
		}
	})
}

// SetOperators makes the named users operators, and no others.
func TestOperators(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
			for _, name := range []string{"a", "b", "c"} {
				tx.AddUser(t.Context(), store.User{ID: name, Name: name})
			}
			return nil
		}))
		is := func(operators ...string) {
			for _, name := range []string{"a", "b", "c"} {
				user, err := s.User(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, slices.Contains(operators, name), user.Operator, name)
			}
		}
		require.NoError(t, s.SetOperators(t.Context(), []string{"a", "b"}))
		is("a", "b")
		err := s.SetOperators(t.Context(), []string{"b", "nobody"})
		require.ErrorContains(t, err, `"nobody"`, "whoever would sign up with that name")
		is("a", "b")
		require.NoError(t, s.SetOperators(t.Context(), []string{"b"}))
		is("b")
		require.NoError(t, s.SetOperators(t.Context(), nil))
		is()
	})
}

func TestStatements(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"CREATE TABLE a (\n\tb TEXT -- c\n)", "-- d\nDROP TABLE a"},
		store.Statements("CREATE TABLE a (\n\tb TEXT -- c\n);\n-- d\nDROP TABLE a;\n-- e;\n\n  -- f\n"))
}

// Claiming takes about as long from a queue of thousands as from a short one, even if most of them
// wait for one lane. Without the indexes, PostgreSQL takes thousands of times as long.
func TestClaimFromLongQueue(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		claim := func(jobs int) (median time.Duration) {
			require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
				for i := range jobs {
					tx.Enqueue(t.Context(), []string{"long", strconv.Itoa(i)}[i*2/jobs], "k", nil)
				}
				return nil
			}))
			var took []time.Duration
			for i := range 41 {
				began := time.Now()
				job, err := s.Claim(t.Context(), began, time.Hour)
				took = append(took, time.Since(began))
				require.NoError(t, err)
				if i != 20 { // this job of the long lane stays begun, so the rest of its lane waits
					settle(t, s, job, store.Settlement{State: store.Done})
				}
			}
			slices.Sort(took)
			return took[len(took)/2]
		}
		short := claim(100)
		long := claim(10_000)
		require.Less(t, long, 50*short)
	})
}

// Queries fail after a while if the database keeps the connection open but does not respond. They
// succeed again once it responds.
func TestPatience(t *testing.T) {
	databaseURL := dbtest.Postgres(t)
	if databaseURL == "" {
		return // dbtest has logged why
	}
	databaseURL, freeze := proxy(t, databaseURL)
	s := open(t, databaseURL)
	enqueue(t, s, "x", "k")
	store.SetPatience(t, 300*time.Millisecond)
	thaw := freeze()
	defer func() { thaw() }()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Claim(t.Context(), time.Now(), time.Minute)
		ended <- err
	}()
	select {
	case err := <-ended:
		require.Error(t, err)
		require.NotErrorIs(t, err, store.ErrNotFound)
	case <-time.After(20 * time.Second):
		require.Fail(t, "Claim still waits after 20 seconds")
	}
	thaw()
	thaw = func() {}
	require.Eventually(t, func() bool {
		_, err := s.Claim(t.Context(), time.Now(), time.Minute)
		return err == nil
	}, 10*time.Second, 50*time.Millisecond)
}

// proxy starts a proxy to PostgreSQL. After freeze it forwards nothing, on old and new connections
// alike, until thaw.
func proxy(t *testing.T, databaseURL string) (proxied string, freeze func() (thaw func())) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	target := u.Host
	u.Host = listener.Addr().String()
	var frozen sync.RWMutex
	pass := func(to, from net.Conn) {
		defer to.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			frozen.RLock() // waits for thaw
			_, err = to.Write(buffer[:n])
			frozen.RUnlock()
			if err != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			go pass(server, client)
			go pass(client, server)
		}
	}()
	return u.String(), func() func() {
		frozen.Lock()
		return frozen.Unlock
	}
}

// Open refuses a database that a newer version of the program has migrated.
func TestOpenNewerDatabase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		driver, source := "pgx", url
		if file, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
			driver, source = "sqlite", file
		}
		db, err := sql.Open(driver, source)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), `INSERT INTO migrations (name) VALUES ('migrations/999_later.sql')`)
		require.NoError(t, err)
		require.NoError(t, s.Ping(t.Context()))
		_, err = store.Open(t.Context(), url)
		require.ErrorContains(t, err, "newer version")
		require.ErrorContains(t, err, "999_later.sql")
	})
}

// Overtaken keeps workers from claiming later jobs of the lane until its transaction ends. So an
// operator's decision to retry a job is not overtaken while it is made.
func TestOvertakenBlocksClaims(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, url string) {
		s := open(t, url)
		enqueue(t, s, "x", "k")
		job, err := s.Claim(t.Context(), time.Now(), time.Minute)
		require.NoError(t, err)
		settle(t, s, job, store.Settlement{State: store.Refused})
		enqueue(t, s, "x", "k")
		claimed := make(chan error, 1)
		require.NoError(t, s.Change(t.Context(), func(tx *store.Tx) error {
			overtaken, err := tx.Overtaken(t.Context(), "x", job.ID)
			require.False(t, overtaken)
			go func() {
				_, err := s.Claim(t.Context(), time.Now(), time.Minute)
				claimed <- err
			}()
			select {
			case <-claimed:
				require.Fail(t, "a worker claimed the later job meanwhile")
			case <-time.After(300 * time.Millisecond):
			}
			return err
		}))
		require.NoError(t, <-claimed)
	})
}
