package emulator

import (
	"errors"
	"fmt"
	"unicode"
)

// maxID is how many bytes RongCloud's IDs may have.
const maxID = 64

// seedIDs are the IDs of one list of a seed.
type seedIDs struct {
	where string // such as users
	seen  map[string]bool
}

func idsOf(where string) seedIDs { return seedIDs{where, map[string]bool{}} }

// add refuses an invalid ID, and one that is already in the list.
func (l seedIDs) add(i int, id string) error {
	where := fmt.Sprintf("%s[%d]", l.where, i)
	switch {
	case id == "":
		return fmt.Errorf("%s: an ID is required", where)
	case len(id) > maxID:
		return fmt.Errorf("%s: the ID has %d bytes, at most %d are allowed", where, len(id), maxID)
	case hasControls(id):
		return fmt.Errorf("%s: the ID %q has a control character", where, id)
	case l.seen[id]:
		return fmt.Errorf("%s: %q is listed twice", where, id)
	}
	l.seen[id] = true
	return nil
}

func (l seedIDs) addAll(ids []string) error {
	for i, id := range ids {
		if err := l.add(i, id); err != nil {
			return err
		}
	}
	return nil
}

func hasControls(text string) bool {
	for _, r := range text {
		if !unicode.IsGraphic(r) {
			return true
		}
	}
	return false
}

// check refuses an invalid seed before any of it is applied.
func (s seed) check() error {
	users := idsOf("users")
	for i, u := range s.Users {
		if err := errors.Join(users.add(i, u.ID), idsOf(fmt.Sprintf("users[%d].blacklist", i)).addAll(u.Blacklist)); err != nil {
			return err
		}
		for _, platform := range u.Platforms {
			if err := checkPlatform(platform); err != nil {
				return fmt.Errorf("users[%d].%w", i, err)
			}
		}
	}
	for _, one := range []struct {
		where           string
		list            []seedGroup
		named, channels bool
		rule            string
	}{
		{"groups", s.Groups, true, false, "a group needs an id, and has no channels"},
		{"chatrooms", s.Chatrooms, false, false, "a chat room needs an id, and has neither name nor channels"},
		{"ultraGroups", s.UltraGroups, true, true, "an ultra group needs an id"},
	} {
		if err := checkGroups(one.where, one.list, one.named, one.channels, one.rule); err != nil {
			return err
		}
	}
	rooms := idsOf("rtcRooms")
	for i, room := range s.RTCRooms {
		if room.ID == "" || len(room.Members) == 0 {
			return fmt.Errorf("rtcRooms[%d]: an audio and video room needs an id and members", i)
		}
		if err := errors.Join(rooms.add(i, room.ID), idsOf(fmt.Sprintf("rtcRooms[%d].members", i)).addAll(room.Members)); err != nil {
			return err
		}
	}
	words := map[string]bool{}
	for i, w := range s.SensitiveWords {
		if w.Word == "" || words[w.Word] {
			return fmt.Errorf("sensitiveWords[%d]: a sensitive word is required, and only once", i)
		}
		words[w.Word] = true
	}
	return nil
}

func checkGroups(where string, list []seedGroup, named, channels bool, rule string) error {
	ids := idsOf(where)
	for i, g := range list {
		if g.ID == "" || g.Channels != nil && !channels || g.Name != "" && !named {
			return fmt.Errorf("%s[%d]: %s", where, i, rule)
		}
		err := errors.Join(
			ids.add(i, g.ID),
			idsOf(fmt.Sprintf("%s[%d].members", where, i)).addAll(g.Members),
			idsOf(fmt.Sprintf("%s[%d].channels", where, i)).addAll(g.Channels),
		)
		if err != nil {
			return err
		}
	}
	return nil
}
