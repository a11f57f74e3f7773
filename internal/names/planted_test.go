package names

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const plantedHead = "package p\n\nimport (\n\t\"context\"\n\t\"iter\"\n\t\"time\"\n)\n\n" +
	"type (\n\tThingService struct{}\n\tCallOption any\n\tThingParams struct{}\n\tThingQuery struct{}\n\tThing struct{}\n)\n\n"

// Each rule finds a planted violation, and nothing in code that follows it.
func TestPlanted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		good string
		bad  map[string]string // an offender to what is found
	}{
		"words": {
			"type Portrait struct{ PortraitURL string }\ntype AgentAnswer struct{}",
			map[string]string{
				"type P struct{ PortraitUri string }": "words p.P.PortraitUri: Uri is called URL",
				"type BanParams struct{}":             "words p.BanParams: Ban is called Mute",
				"func GagList() {}":                   "words p.GagList: Gag is called Mute",
				"const MsgMax = ThingKind(1)\ntype ThingKind int\nconst ThingMsg ThingKind = 1\nfunc (ThingKind) String() string { return \"\" }": "words p.ThingMsg: Msg is called Message",
				"type Answer struct{}": "words p.Answer: Answer is called Response",
			},
		},
		"verbs": {
			"func (s *ThingService) BatchAdd(ctx context.Context, params ThingParams, opts ...CallOption) error { return nil }\n" +
				"func (s *ThingService) QuitAll(ctx context.Context, userID string, opts ...CallOption) error { return nil }",
			map[string]string{
				"func (s *ThingService) Members(ctx context.Context, id string) (*Thing, error) { return nil, nil }":        "verbs p.ThingService.Members: Members is not one of the verbs",
				"func (s *ThingService) BatchRefresher(ctx context.Context, id string) (*Thing, error) { return nil, nil }": "verbs p.ThingService.BatchRefresher: Refresher is not one of the verbs",
			},
		},
		"arguments": {
			"func Open(name string, size int, more ...string) {}\nfunc (s *ThingService) Add(ctx context.Context, ids []string, opts ...CallOption) error { return nil }",
			map[string]string{
				"func (s *ThingService) Add(ctx context.Context, id string, ids []string, opts ...CallOption) error { return nil }": "arguments p.ThingService.Add: it has 2 arguments after ctx, and may have one",
				"func Join(ctx context.Context, group, user string) error { return nil }":                                           "arguments p.Join: it has 2 arguments after ctx, and may have one",
				"type Store interface{ Begin(ctx context.Context, key string, d time.Duration) error }":                             "arguments p.Store.Begin: it has 2 arguments after ctx, and may have one",
				"func Sign(secret, nonce string) {}": "arguments p.Sign: secret and nonce are both string",
			},
		},
		"types": {
			"type Result struct{ Items []Thing }\ntype Client struct{ Thing *ThingService }\nfunc (s *ThingService) List(ctx context.Context, query ThingQuery, opts ...CallOption) (*Result, error) { return nil, nil }\n" +
				"func (s *ThingService) Send(ctx context.Context, thing Thing, opts ...CallOption) error { return nil }",
			map[string]string{
				"type ThingInfo struct{}":                                                                            "types p.ThingInfo: a type does not end in Info",
				"type Client struct{ Part *ThingService }":                                                           "types p.Client.Part: its type is ThingService, and should be PartService",
				"type PartService struct{ Thing *ThingService }":                                                     "types p.PartService.Thing: its type is ThingService, and should be PartThingService",
				"type ThingRemoval struct{}":                                                                         "types p.ThingRemoval: a type does not end in Removal",
				"func (s *ThingService) Set(ctx context.Context, thing Thing) error { return nil }":                  "types p.ThingService.Set: Set changes something, so that Thing ends in Params",
				"func (s *ThingService) BatchSet(ctx context.Context, thing []ThingQuery) error { return nil }":      "types p.ThingService.BatchSet: Set changes something, so that ThingQuery ends in Params",
				"func (s *ThingService) Get(ctx context.Context, p ThingParams) (*Thing, error) { return nil, nil }": "types p.ThingService.Get: Get reads, so that ThingParams ends in Query",
				"type Result struct{ Items []ThingParams }\nfunc (s *ThingService) All(ctx context.Context) iter.Seq2[Result, error] { return nil }": "types p.ThingParams: it is a parameter, and a result holds it",
			},
		},
		"results": {
			"type ThingPage struct{}\n\n// More reports whether there is more.\nfunc (p *ThingPage) More() bool { return false }\n\n" +
				"func (s *ThingService) ListOld(ctx context.Context) (*ThingPage, error) { return nil, nil }\n" +
				"func (s *ThingService) AllOld(ctx context.Context) iter.Seq2[Thing, error] { return nil }",
			map[string]string{
				"func (s *ThingService) IsOld(ctx context.Context, id string) (*Thing, error) { return nil, nil }":                            "results p.ThingService.IsOld: it returns [*Thing error], and a question of yes or no returns bool and error",
				"// Check reports whether.\nfunc (s *ThingService) Check(ctx context.Context, id string) (bool, error) { return false, nil }": "results p.ThingService.Check: it answers yes or no, and does not begin with Is",
				"func (s *ThingService) Get(ctx context.Context, id string) ([]Thing, error) { return nil, nil }":                             "results p.ThingService.Get: it returns []Thing in place of a pointer to a struct",
				"func (s *ThingService) Get(ctx context.Context, id string) (Thing, error) { return Thing{}, nil }":                           "results p.ThingService.Get: it returns Thing in place of a pointer to a struct",
				"func (s *ThingService) Get(ctx context.Context, id string) (*Thing, int, error) { return nil, 0, nil }":                      "results p.ThingService.Get: it returns [*Thing int error]",
				"type ThingPage struct{}": "results p.ThingPage: it does not say whether there is More",
				"type ThingPage struct{}\nfunc (p *ThingPage) More() {}\nfunc (s *ThingService) ListOld(ctx context.Context) (*ThingPage, error) { return nil, nil }": "results p.ThingService.ListOld: it returns a page, and there is no AllOld",
			},
		},
		"fields": {
			"type F struct {\n\tSentAt, MutedUntil time.Time\n\tDuration, DestroyAfter time.Duration\n\tUserID string\n\tGroupIDs []string\n\tMaxMembers, UserCount int\n\tBot *Thing\n}",
			map[string]string{
				"type F struct{ SentTime time.Time }":           "fields p.F.SentTime: a moment ends in At, or is a bound",
				"type F struct{ Newest *time.Time }":            "fields p.F.Newest: a moment ends in At, or is a bound",
				"type F struct{ SentTime int64 }":               "fields p.F.SentTime: a moment ends in At, a span says what it measures",
				"type F struct{ DestroyTime time.Duration }":    "fields p.F.DestroyTime: a moment ends in At, a span says what it measures",
				"type F struct{ MutedAt time.Duration }":        "fields p.F.MutedAt: it is a span",
				"type F struct{ SentAt int64 }":                 "fields p.F.SentAt: a moment is a time.Time",
				"type F struct{ MuteMinutes int }":              "fields p.F.MuteMinutes: a span is a time.Duration",
				"type F struct{ NewOwner string }":              "fields p.F.NewOwner: an ID ends in ID",
				"type F struct{ NotMembers []string }":          "fields p.F.NotMembers: IDs end in IDs",
				"type F struct{ UserID []string }":              "fields p.F.UserID: ID is one, IDs are several",
				"type F struct{ Portrait string }":              "fields p.F.Portrait: an address ends in URL",
				"type F struct{ Users int }":                    "fields p.F.Users: a count ends in Count or Total",
				"type F struct{ Quantity *int64 }":              "fields p.F.Quantity: a count ends in Count or Total",
				"type F struct{ A string; B, LastDate string }": "fields p.F.LastDate: a moment ends in At, a span says what it measures",
			},
		},
		"enums": {
			"type ThingKind int\nconst (\n\tThingOld ThingKind = iota\n\tThingNew\n)\nfunc (ThingKind) String() string { return \"\" }\ntype Shape string\nconst ShapeRound Shape = \"r\"",
			map[string]string{
				"type ThingKind string\nconst (\n\tThingOld ThingKind = \"old\"\n\tNewThing ThingKind = \"new\"\n)":           "enums p.NewThing: a value of ThingKind begins with Thing",
				"type Shape string\nconst Round Shape = \"r\"":                                                                "enums p.Round: a value of Shape begins with Shape",
				"type Shape string\nconst ShapeRound Shape = \"r\"\nfunc (Shape) String() string { return \"\" }":             "enums p.Shape: it is a text, and has a method String",
				"type Shape int\nconst ShapeRound Shape = 1":                                                                  "enums p.Shape: it is a number, and has no method String",
				"type Shape int\nconst (\n\tShapeRound Shape = iota\n\tFlat\n)\nfunc (Shape) String() string { return \"\" }": "enums p.Flat: a value of Shape begins with Shape",
			},
		},
		"options": {
			"func WithName(name string) CallOption { return nil }",
			map[string]string{"func Name(name string) CallOption { return nil }": "options p.Name: an option begins with With, or is one of the bare verbs"},
		},
		"english": {
			"// Old reports\n// whether it is old. Nobody answers.\nfunc Old() bool { return true }\n\n// A receiver waits.\ntype receiver struct{}",
			map[string]string{
				"// Old tells whether it is old.\nfunc Old() bool { return true }":                  "english p.Old: it returns a bool: it reports whether",
				"// Old is for a user and his things.\nfunc Old() {}":                               "english p.Old: \"his\" is \"their\"",
				"type F struct {\n\tA int // for the receivers\n}":                                  "english p.F: \"receivers\" is \"recipients\"",
				"// Old reads the\n// answer.\nfunc Old() {}":                                       "english p.Old: \"the answer\": an agent answers, a server has a response",
				"// old is for a user and her things.\ntype old struct{}":                           "english p.old: \"her\" is \"their\"",
				"// It is the server's answer.\nfunc (s *ThingService) Add(ctx context.Context) {}": "english p.ThingService.Add: \"'s answer\": an agent answers, a server has a response",
			},
		},
	}
	var known []string
	for _, rule := range rules {
		if !slices.Contains(known, rule.word) {
			known = append(known, rule.word)
		}
	}
	require.ElementsMatch(t, known, slices.Collect(maps.Keys(tests)), "each rule has its offenders")
	for rule, test := range tests {
		require.Empty(t, checkText(t, test.good), rule)
		for text, want := range test.bad {
			found := checkText(t, text)
			require.Contains(t, found, want, text)
			for _, f := range found {
				require.True(t, strings.HasPrefix(f, rule+" "), "%s: also %s", text, f)
			}
		}
	}
}

func checkText(t *testing.T, text string) []string {
	s, err := parse(map[string]string{"p.go": plantedHead + text + "\n"})
	require.NoError(t, err)
	var all []string
	for _, f := range check(s) {
		all = append(all, f.String())
	}
	return all
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	const text = "| types | `p.Before` | elsewhere |\n\n## Names\n\n| rule | exception | why |\n|---|---|---|\n" +
		"| types | `p.One`, `p.Two.Three` | for a reason |\n| enums | `p.*` | short |\n| types | `p.Four` | |\n\n## Other\n\n| types | `p.After` | elsewhere |\n"
	require.Equal(t, map[string]bool{"types p.One": true, "types p.Two.Three": true, "enums p.*": true}, exceptions(text))
}

func TestWideComments(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 20)
	require.Empty(t, wideComments("// "+words[:97]+"\ncode // "+words+words))
	require.Equal(t, []int{2, 3, 4}, wideComments("\n// "+words+"xx\n\t\t// "+words[:92]+"x\n//\t"+words+"\n"))
	require.Empty(t, wideComments("// https://"+strings.Repeat("x", 100)+"\n//nolint:all // "+words+words+"\n//go:embed "+words+words))
	require.Empty(t, wideComments("\t// Output:\n\t// "+words+words))
}

func TestWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"UserID": {"User", "ID"}, "UserIDs": {"User", "IDs"}, "HTTPServerURLs": {"HTTP", "Server", "URLs"}, "KVSet": {"KV", "Set"}, "A": {"A"}, "GIFMessage": {"GIF", "Message"},
	} {
		require.Equal(t, want, words(name))
	}
}
