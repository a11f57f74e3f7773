package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// seed is the initial state of an emulator; see docs/emulator.md.
type seed struct {
	Users          []seedUser    `json:"users"`
	Groups         []seedGroup   `json:"groups"`
	Chatrooms      []seedGroup   `json:"chatrooms"`
	UltraGroups    []seedGroup   `json:"ultraGroups"`
	RTCRooms       []seedRTCRoom `json:"rtcRooms"`
	SensitiveWords []seedWord    `json:"sensitiveWords"`
}

type seedUser struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Portrait  string   `json:"portrait"`
	Online    bool     `json:"online"`
	Blacklist []string `json:"blacklist"`

	Platforms []webhook.Platform `json:"platforms"` // of the devices online, if several
}

// seedGroup is a group, chat room or ultra group.
type seedGroup struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
	Channels []string `json:"channels"` // of an ultra group
}

// seedRTCRoom is an audio and video room.
type seedRTCRoom struct {
	ID      string          `json:"id"`
	Members []string        `json:"members"`
	Streams []seedRTCStream `json:"streams"`
}

type seedRTCStream struct {
	UserID string `json:"userId"` // of a member
	rtcStream
}

type seedWord struct {
	Word    string `json:"word"`
	Replace string `json:"replace"` // empty for a word that blocks its message
}

// maxSeed bounds the file of a seed, which may be a device that never ends.
const maxSeed = 64 << 20

// awaitSeed reads a seed until ctx ends, as the file may be a pipe that nobody writes to.
func awaitSeed(ctx context.Context, name string) (s seed, err error) {
	done := make(chan struct{})
	var read seed
	var failed error
	go func() {
		defer close(done)
		read, failed = readSeed(name)
	}()
	select {
	case <-done:
		return read, failed
	case <-ctx.Done():
		return s, fmt.Errorf("%s: %w", name, ctx.Err())
	}
}

func readSeed(name string) (seed, error) {
	var s seed
	file, err := os.Open(name)
	if err != nil {
		return s, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxSeed+1))
	if err != nil {
		return s, err
	}
	if len(text) > maxSeed {
		return s, fmt.Errorf("%s: it is longer than %d MiB", name, maxSeed>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // which editors on Windows put there
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", name, inJSON(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%s: more than one document", name)
	}
	return s, nil
}

// String summarises a seed in one line; empty if the seed is empty.
func (s seed) String() string {
	var parts []string
	for _, one := range []struct {
		n    int
		what string
	}{
		{len(s.Users), "user"}, {len(s.Groups), "group"}, {len(s.Chatrooms), "chat room"},
		{len(s.UltraGroups), "ultra group"}, {len(s.RTCRooms), "audio and video room"}, {len(s.SensitiveWords), "sensitive word"},
	} {
		switch {
		case one.n == 1:
			parts = append(parts, "1 "+one.what)
		case one.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", one.n, one.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Seeded with " + strings.Join(parts, ", ") + ".\n"
}

// seed creates what the seed describes, using the API like any client.
func (e *emulator) seed(ctx context.Context, s seed) error {
	if err := s.check(); err != nil {
		return err
	}
	for _, u := range s.Users {
		if err := e.seedUser(ctx, u); err != nil {
			return fmt.Errorf("user %q: %w", u.ID, err)
		}
	}
	for _, g := range s.Groups {
		e.AddGroup(g.ID, g.Members...)
		if g.Name != "" {
			if _, err := e.client.Group.Update(ctx, rongcloud.GroupUpdateParams{GroupID: g.ID, Name: g.Name}); err != nil {
				return fmt.Errorf("group %q: %w", g.ID, err)
			}
		}
	}
	for _, g := range s.Chatrooms {
		e.JoinChatroom(g.ID, g.Members...)
	}
	for _, g := range s.UltraGroups {
		e.AddUltraGroup(g.ID, g.Members...)
		e.AddUltraGroupChannels(g.ID, g.Channels...)
		if g.Name != "" {
			if err := e.client.UltraGroup.Update(ctx, rongcloud.UltraGroupUpdateParams{GroupID: g.ID, Name: g.Name}); err != nil {
				return fmt.Errorf("ultra group %q: %w", g.ID, err)
			}
		}
	}
	for _, room := range s.RTCRooms {
		if err := e.seedRTCRoom(room); err != nil {
			return fmt.Errorf("audio and video room %q: %w", room.ID, err)
		}
	}
	for _, w := range s.SensitiveWords {
		if _, err := e.client.SensitiveWord.BatchAdd(ctx, []rongcloud.SensitiveWordParams{{Word: w.Word, Replacement: w.Replace}}); err != nil {
			return fmt.Errorf("sensitive word %q: %w", w.Word, err)
		}
	}
	e.ActivateSensitiveWords()
	return nil
}

func (e *emulator) seedUser(ctx context.Context, u seedUser) error {
	name := u.Name
	if name == "" {
		name = u.ID
	}
	if _, err := e.client.User.Register(ctx, rongcloud.RegisterParams{UserID: u.ID, Name: name, PortraitURL: u.Portrait}); err != nil {
		return err
	}
	if len(u.Blacklist) > 0 {
		if err := e.client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: u.ID, TargetIDs: u.Blacklist}); err != nil {
			return err
		}
	}
	for _, platform := range u.Platforms {
		if err := e.User(u.ID).On(platform).Connect(); err != nil {
			return err
		}
	}
	if u.Online && len(u.Platforms) == 0 {
		return e.User(u.ID).Connect()
	}
	return nil
}

// seedRTCRoom creates a room by letting users' apps join and publish in it.
func (e *emulator) seedRTCRoom(room seedRTCRoom) error {
	published := map[string][]rongcloud.RTCStream{}
	for i, one := range room.Streams {
		stream, err := one.stream()
		if err != nil {
			return fmt.Errorf("streams[%d].%w", i, err)
		}
		if !slices.Contains(room.Members, one.UserID) {
			return fmt.Errorf("streams[%d].userId: %q is not a member", i, one.UserID)
		}
		published[one.UserID] = append(published[one.UserID], stream)
	}
	for _, id := range room.Members {
		if err := e.User(id).JoinRTCRoom(room.ID); err != nil {
			return fmt.Errorf("member %q: %w", id, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(published)) {
		if err := e.User(id).PublishRTC(room.ID, published[id]...); err != nil {
			return err
		}
	}
	return nil
}
