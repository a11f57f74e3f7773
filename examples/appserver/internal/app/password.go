package app

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password, as OWASP recommends it for argon2id.
const (
	passes    = 2
	memoryKiB = 19 * 1024
	keyBytes  = 32
	saltBytes = 16
)

// hashing bounds how much memory passwords take at once.
var hashing = make(chan struct{}, runtime.GOMAXPROCS(0))

func argon(password string, salt []byte) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memoryKiB, 1, keyBytes)
}

// HashPassword returns what is kept of a password.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // it never fails
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memoryKiB, passes, encode(salt), encode(argon(password, salt)))
}

// nobody is the hash of no password, against which those of unknown users are compared: it takes as
// long.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

var errHash = errors.New("the hash of the password cannot be read")

func checkPassword(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != fmt.Sprintf("m=%d,t=%d,p=1", memoryKiB, passes) {
		return false, errHash // a hash of another cost: see docs/appserver.md
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, errHash
	}
	return subtle.ConstantTimeCompare(argon(password, salt), want) == 1, nil
}
