package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// examined runs doctor against an API address. It returns the findings by the first word of each
// check, and the exit code.
func examined(t *testing.T, address string) (found map[string]finding, code int) {
	t.Helper()
	env := map[string]string{envAppKey: "key", envAppSecret: "some-secret", envAPIURL: address, envConfig: filepath.Join(t.TempDir(), "none")}
	var out, said bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &said, func(name string) string { return env[name] })
	code = a.run(t.Context(), []string{"doctor", "--json"})
	require.NotContains(t, out.String()+said.String(), "some-secret")
	var all []finding
	require.NoError(t, json.Unmarshal(out.Bytes(), &all))
	found = map[string]finding{}
	for _, f := range all {
		check, _, _ := strings.Cut(f.Check, " ")
		found[check] = f
	}
	return found, code
}

// accepting responds to every request as if its signature were right.
func accepting(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"code":200}`)) }

func TestDoctorWithoutProblems(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(accepting))
	defer server.Close()
	found, code := examined(t, server.URL)
	require.Equal(t, exitDone, code, found)
	require.Len(t, found, 5) // App Key, name, connection, clock, signed call
	for _, f := range found {
		require.True(t, f.OK, f)
	}
}

func TestDoctorCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(accepting))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // drop the log of failed handshakes
	server.StartTLS()
	defer server.Close()
	found, code := examined(t, server.URL)
	require.Equal(t, exitRefused, code)
	require.False(t, found["connection"].OK)
	require.Contains(t, found["connection"].Detail, "its certificate is not accepted: ")
	require.Contains(t, found["connection"].Detail, "is there a proxy that looks into TLS?")
	require.False(t, found["signed"].OK)
}

func TestDoctorPlainServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(accepting))
	defer server.Close()
	found, code := examined(t, strings.Replace(server.URL, "http:", "https:", 1))
	require.Equal(t, exitRefused, code)
	require.Equal(t, "it does not speak TLS: is the address to begin with http://?", found["connection"].Detail)
}

func TestDoctorClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		off time.Duration
		ok  bool
	}{"behind": {-time.Hour, false}, "ahead": {2 * time.Hour, false}, "a little": {20 * time.Second, true}, "right": {0, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", time.Now().Add(test.off).UTC().Format(http.TimeFormat))
				accepting(w, r)
			}))
			defer server.Close()
			found, code := examined(t, server.URL)
			require.Equal(t, test.ok, found["clock"].OK, found)
			require.Equal(t, test.ok, code == exitDone)
			if !test.ok {
				require.Contains(t, found["clock"].Detail, "set this machine's clock")
			}
		})
	}
}

func TestDoctorSecret(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(refusing))
	defer server.Close()
	found, code := examined(t, server.URL)
	require.Equal(t, exitRefused, code)
	require.True(t, found["connection"].OK)
	require.False(t, found["signed"].OK)
	require.Contains(t, found["signed"].Detail, "1004")
	require.Contains(t, found["signed"].Detail, codeFacts[1004].remedy)
}

// refusing responds to every request as if its signature were wrong.
func refusing(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte(`{"code":1004,"errorMessage":"signature is not valid"}`))
}

// startDataCentres starts one server for all of RongCloud's data centres, of which only the given
// one accepts the App Key. The program reaches it through a proxy, and trusts its certificate
// through SSL_CERT_FILE.
func startDataCentres(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) != 1 {
		ts.Fatalf("usage: datacentres REGION")
	}
	var all []string
	known := hostsOf(ts, rongcloud.Region(args[0]))
	for _, region := range rongcloud.Regions() {
		all = append(all, hostsOf(ts, region)...)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(known, r.Host) {
			accepting(w, r)
			return
		}
		refusing(w, r)
	}))
	certificate := certificateFor(ts, all)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		tunnel(w, server.Listener.Addr().String())
	}))
	ts.Defer(func() {
		proxy.Close()
		server.Close()
	})
	name := ts.MkAbs("certificate.pem")
	ts.Check(os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), 0o600))
	ts.Setenv("HTTPS_PROXY", proxy.URL)
	ts.Setenv("SSL_CERT_FILE", name)
}

func hostsOf(ts *testscript.TestScript, region rongcloud.Region) []string {
	var hosts []string
	for _, address := range region.BaseURLs() {
		u, err := url.Parse(address)
		ts.Check(err)
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

func certificateFor(ts *testscript.TestScript, hosts []string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: key}
}

// tunnel connects a client of the proxy to address.
func tunnel(w http.ResponseWriter, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	_, _ = client.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	go pass(server, client)
	pass(client, server)
}

// pass copies until one side closes its connection, then closes both.
func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}
