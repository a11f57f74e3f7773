package emulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A program that starts the emulator may read only its first line: calls still get responses and
// the emulator still ends, whatever happens to the other lines.
func TestNobodyReadsTheLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		closed  bool
		allCall int
	}{{"the pipe stays open", false, 3 * mostWaiting}, {"the pipe is closed", true, 20}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			read, write := io.Pipe()
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- Run(ctx, []string{"-listen", "127.0.0.1:0", "-json"}, write) }()
			line := make([]byte, 1<<10)
			n, err := read.Read(line)
			require.NoError(t, err)
			_, rest, _ := strings.Cut(string(line[:n]), `"url":"`)
			base, _, _ := strings.Cut(rest, `"`)
			if c.closed {
				require.NoError(t, read.Close())
			}
			for range c.allCall {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/user/info.json", strings.NewReader("userId=u1"))
				require.NoError(t, err)
				resp, err := http.DefaultClient.Do(req)
				require.NoError(t, err)
				require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				require.NoError(t, resp.Body.Close())
			}
			stop()
			require.NoError(t, <-ended)
			require.NoError(t, read.Close()) // ends the writer, which is still waiting
		})
	}
}

// gate holds back writes until it is opened.
type gate struct {
	text   bytes.Buffer
	opened chan struct{}
	err    error
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.opened
	if g.err != nil {
		return 0, g.err
	}
	return g.text.Write(p)
}

func TestDroppedLinesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &gate{opened: make(chan struct{})}
		c := newConsole(out, true)
		c.begin("first\n")
		synctest.Wait() // the write has begun
		for range mostWaiting + 7 {
			c.print("{}\n")
		}
		close(out.opened)
		synctest.Wait()
		c.print("last\n")
		c.close()
		lines := strings.Split(strings.TrimSpace(out.text.String()), "\n")
		require.Len(t, lines, mostWaiting+3)
		require.Equal(t, []string{`{"droppedLines":7}`, "last"}, lines[mostWaiting+1:])
		c.print("after the end\n")
	})
}

// A program that starts the emulator finds its address on the first line, whatever a seed causes
// before.
func TestTheFirstLineComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &gate{opened: make(chan struct{})}
		close(out.opened)
		c := newConsole(out, true)
		c.print("early\n")
		c.begin("first\n")
		c.print("late\n")
		c.close()
		require.Equal(t, "first\nearly\nlate\n", out.text.String())
	})
}

func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &gate{opened: make(chan struct{}), err: errors.New("broken pipe")}
		close(out.opened)
		c := newConsole(out, false)
		c.begin("hello\n")
		for range 3 * mostWaiting {
			c.print("line\n")
			synctest.Wait()
		}
		require.Zero(t, c.dropped)
		c.close()
	})
}

func TestOneDroppedLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, "(1 line was not printed, as nobody read it)\n", (&console{dropped: 1}).missingNote())
	require.Equal(t, "(2 lines were not printed, as nobody read them)\n", (&console{dropped: 2}).missingNote())
}
