package rongcloud_test

import (
	"cmp"
	"encoding"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// Types as an app would declare them, in its own package.
type (
	appNote struct { // writes itself
		rongcloud.TextMessage
		Colour string
	}
	appLargeNote struct { // loses Size to appNote
		appNote
		Size int `json:"size"`
	}
	appAppointment struct { // loses Place to time.Time
		time.Time
		Place string `json:"place"`
	}
	appHost struct { // loses Port to netip.Addr, which writes itself as a text
		netip.Addr
		Port int `json:"port"`
	}
	appHosts struct { // loses Port to an interface that writes itself as a text
		encoding.TextMarshaler
		Port int `json:"port"`
	}
	appOwnHost struct { // writes itself
		netip.Addr
		Port int
	}
	appVoice struct { // only a pointer writes itself
		rongcloud.HQVoiceMessage
		Pitch int `json:"pitch"`
	}
	appTwoTimes struct { // two that conflict, so that neither writes the whole
		since
		until
		Place string `json:"place"`
	}
	since        struct{ time.Time }
	until        struct{ time.Time }
	appSound     rongcloud.HQVoiceMessage
	appForwarded rongcloud.ReferenceMessage
)

func (appAppointment) ObjectName() string { return "app:appointment" }
func (appTwoTimes) ObjectName() string    { return "app:times" }
func (appHost) ObjectName() string        { return "app:host" }
func (appHosts) ObjectName() string       { return "app:hosts" }
func (appOwnHost) ObjectName() string     { return "app:host" }
func (appSound) ObjectName() string       { return "app:sound" }
func (appForwarded) ObjectName() string   { return "app:forwarded" }

func (n appNote) MarshalJSON() ([]byte, error) { return []byte(`{"colour":"` + n.Colour + `"}`), nil }
func (h appOwnHost) MarshalJSON() ([]byte, error) {
	return []byte(`{"host":"` + h.String() + `","port":7}`), nil
}
func (v *appVoice) MarshalJSON() ([]byte, error) { return []byte(`{"pitch":7}`), nil }

func TestContentsOfApps(t *testing.T) {
	t.Parallel()
	sent := ""
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		sent = readWire(t, req).Form.Get("content")
		return httpmock.NewStringResponse(200, `{"code":200}`), nil
	})
	client, err := rongcloud.New("key", "secret", rongcloud.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	send := func(content rongcloud.MessageContent) error {
		sent = ""
		_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "u1", To: []string{"u2"}, Content: content})
		return err
	}
	voice := rongcloud.HQVoiceMessage{RemoteURL: "u", Duration: 3 * time.Second}
	quote := rongcloud.ReferenceMessage{Content: "c", QuotedContent: rongcloud.TextMessage{Content: "q"}}
	read, err := rongcloud.DecodeContent("RC:HQVCMsg", []byte(`{"remoteUrl":"u","level":7}`))
	require.NoError(t, err)
	for content, reason := range map[rongcloud.MessageContent]string{
		appLargeNote{Size: 7}:                                         "embeds rongcloud_test.appNote, whose MarshalJSON loses",
		&appLargeNote{Size: 7}:                                        "embeds rongcloud_test.appNote, whose MarshalJSON loses",
		appAppointment{Place: "here"}:                                 "embeds time.Time, whose MarshalJSON loses",
		appHost{netip.IPv6Loopback(), 7}:                              "embeds netip.Addr, whose MarshalText loses",
		&appHost{netip.IPv6Loopback(), 7}:                             "embeds netip.Addr, whose MarshalText loses",
		appHosts{netip.IPv6Loopback(), 7}:                             "embeds encoding.TextMarshaler, whose MarshalText loses",
		appVoice{voice, 7}:                                            "only *rongcloud_test.appVoice has MarshalJSON",
		appSound(voice):                                               "not its MarshalJSON",
		appSound(read.(rongcloud.HQVoiceMessage)):                     "not its MarshalJSON",
		appForwarded(quote):                                           "not its MarshalJSON",
		rongcloud.ReferenceMessage{QuotedContent: appVoice{voice, 7}}: "only *rongcloud_test.appVoice has MarshalJSON",
	} {
		err := send(content)
		var argument *rongcloud.ArgumentError
		require.ErrorAs(t, err, &argument, "%T", content)
		require.Equal(t, "content", cmp.Or(argument.Wire, argument.Field))
		require.ErrorContains(t, err, reason)
		require.Empty(t, sent)
	}
	for content, want := range map[rongcloud.MessageContent]string{
		appNote{Colour: "red"}: `{"colour":"red"}`,
		&appVoice{voice, 7}:    `{"pitch":7}`,

		appOwnHost{netip.IPv6Loopback(), 7}: `{"host":"::1","port":7}`,
		appTwoTimes{Place: "here"}:          `{"place":"here"}`,
		appSound{RemoteURL: "u"}:            `{"remoteUrl":"u","duration":0}`,
	} {
		require.NoError(t, send(content), "%T", content)
		require.Equal(t, want, sent)
	}
}
