package live

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TestOpenPoints compares the questions with the catalogue: each point that the catalogue marks as
// unconfirmed has a question, or is left out for a reason, and no question is about a settled
// point.
func TestOpenPoints(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, point := range openPoints {
		covered := false
		for _, q := range questions {
			for _, words := range q.Settles {
				if (q.Entry == point.Path || slices.ContainsFunc(q.Also,
					func(p string) bool { return strings.HasPrefix(point.Path, p) })) && strings.Contains(point.Text,
					words) {
					covered, used[q.ID] = true, true
				}
			}
		}
		for i, out := range leftOut {
			if strings.HasPrefix(point.Path, out.Entry) && strings.Contains(point.Text, out.Point) {
				covered, used[leftOut[i].Entry+out.Point] = true, true
			}
		}
		if !covered {
			t.Errorf("%s: nobody asks: %s", point.Path, point.Text)
		}
	}
	for _, q := range questions {
		if len(q.Settles) > 0 && !used[q.ID] && !strings.HasPrefix(q.Ask, "For whom does a list act") {
			t.Errorf("%s: the catalogue does not leave it open any more: %q", q.ID, q.Settles)
		}
	}
	for _, out := range leftOut {
		require.True(t, out.Point == "" || used[out.Entry+out.Point], "left out for nothing: %s: %s", out.Entry,
			out.Point)
	}
}

// TestQuestions checks the data of the questions.
func TestQuestions(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, q := range questions {
		require.Regexp(t, id, q.ID)
		require.False(t, seen[q.ID], "%s stands twice", q.ID)
		seen[q.ID] = true
		require.True(t, q.Entry == "signing" || hasEndpoint(q.Entry), "%s: no entry %s", q.ID, q.Entry)
		require.True(t, strings.HasSuffix(q.Ask, "?"), q.ID)
		require.NotEmpty(t, q.Means[refused]+q.Means[accepted], "%s says nothing of a refusal", q.ID)
		require.True(t, q.Catalogue == "" || q.Means[q.Catalogue] != "",
			"%s: the catalogue's answer has no meaning", q.ID)
		for answer, meaning := range q.Means {
			require.NotEmpty(t, meaning, "%s: %s", q.ID, answer)
		}
	}
}

// TestEveryEndpointIsCalled checks that every current endpoint is called somewhere, so that the
// shape of its response is known, or is left out for a reason.
func TestEveryEndpointIsCalled(t *testing.T) {
	t.Parallel()
	called := map[*endpoint.Endpoint]bool{}
	for _, c := range allCalls() {
		called[c.ep] = true
	}
	matched := map[string]bool{}
	for ep := range endpoint.All() {
		out := false
		for _, o := range leftOut {
			if strings.HasPrefix(ep.Path, o.Entry) {
				out = out || o.Point == ""
				matched[o.Entry] = true
			}
		}
		require.False(t, out && called[ep], "%s is left out and called", ep.Path)
		require.True(t, out || called[ep], "nobody calls %s", ep.Path)
	}
	for _, o := range leftOut {
		require.True(t, matched[o.Entry], "no endpoint begins with %s", o.Entry)
	}
}

func allCalls() []call {
	all := slices.Clone(tour)
	for _, q := range questions {
		all = append(append(append(all, q.Before...), q.Probe), q.After...)
	}
	for _, k := range kinds {
		all = append(all, k.remove...)
	}
	return all
}

// hasEndpoint reports whether the catalogue has an endpoint with the given path.
func hasEndpoint(path string) bool {
	for ep := range endpoint.All() {
		if ep.Path == path {
			return true
		}
	}
	return false
}
