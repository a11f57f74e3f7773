package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const compareContent = `domain: content
shared:
  - name: user
    left_out: [userType]
    fields: [{name: id, type: string}]
  - {name: extra, type: string}
types:
  - {object_name: RC:TxtMsg, kind: content, left_out: [local], fields: [{name: content, type: string}, {name: again, type: object}]}
  - {object_name: RC:ImgMsg, kind: content, fields: [{name: imageUri, type: string}, {name: thumbs, type: object list}]}
left_out: [RC:InnerMsg]
retired:
  - "RC:OldMsg: nobody knows what it was"
`

const compareCodes = `domain: codes
remedies:
  slow: {en: Slow down., zh: 放慢。}
codes:
  - {code: 20604, name: SendingTooFast, area: rate, retryable: true, status: client-list, remedy: slow, meaning: too fast, zh: 太快}
`

// compared runs the comparison with a catalogue in which some texts are replaced.
func compared(t *testing.T, dir string, replace ...string) (string, error) {
	t.Helper()
	api := genTree(t, map[string]string{
		"codes.yaml":   strings.NewReplacer(replace...).Replace(compareCodes),
		"content.yaml": strings.NewReplacer(replace...).Replace(compareContent),
	})
	var out strings.Builder
	err := compare(&out, api, dir)
	return out.String(), err
}

func TestCompare(t *testing.T) {
	t.Parallel()
	client := filepath.Join("testdata", "client")
	out, err := compared(t, client)
	require.NoError(t, err)
	require.Equal(t, `code 27001 BRAND_NEW
message type RC:HoloMsg
body IHologramMessageContent, whose message type is not known: add it to bodyTypes
field shade of RC:ImgMsg, RC:TxtMsg
field user.alias of RC:TxtMsg
2 codes, 4 message types and 3 bodies compared, 5 new
`, out)

	// Once added to the catalogue, it is no longer new.
	out, err = compared(t, client,
		"code: 20604, name: SendingTooFast", "code: 27001, name: BrandNew",
		"{name: content, type: string}", "{name: content, type: string}, {name: shade, type: object}, {name: user, type: object, fields: [{name: alias, type: string}, {name: userType, type: int}]}",
		"RC:InnerMsg", "RC:HoloMsg")
	require.NoError(t, err)
	require.Equal(t, `code 20604 TOO_FAST
message type RC:InnerMsg
body IHologramMessageContent, whose message type is not known: add it to bodyTypes
field shade of RC:ImgMsg
field user.id of RC:TxtMsg
2 codes, 4 message types and 3 bodies compared, 5 new
`, out)

	out, err = compared(t, client, "object_name: RC:ImgMsg", "object_name: RC:OtherMsg")
	require.NoError(t, err)
	require.Contains(t, out, "body IImageMessageContent of RC:ImgMsg, which the catalogue does not have\n")
}

func TestCompareFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ dir, old, replacement, says string }{
		"no folder":       {dir: filepath.Join("testdata", "none"), old: "", replacement: "", says: "none"},
		"no package":      {dir: t.TempDir(), old: "", replacement: "", says: "is it an unpacked package?"},
		"no content":      {dir: filepath.Join("testdata", "client"), old: "types:", replacement: "types: [", says: "content.yaml"},
		"unreadable code": {dir: filepath.Join("testdata", "client"), old: "code: 20604", replacement: "code: x", says: "codes.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var replace []string
			if test.old != "" {
				replace = []string{test.old, test.replacement}
			}
			_, err := compared(t, test.dir, replace...)
			require.ErrorContains(t, err, test.says)
		})
	}
	require.ErrorContains(t, compare(new(strings.Builder), t.TempDir(), filepath.Join("testdata", "client")), "codes.yaml")
}

// The types known to describe bodies belong to messages in the catalogue.
func TestBodyTypes(t *testing.T) {
	t.Parallel()
	known, err := loadKnown("../../api")
	require.NoError(t, err)
	for name, objectName := range bodyTypes {
		require.Contains(t, known.types, objectName, name)
	}
}
