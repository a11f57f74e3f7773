package dbtest

import (
	"os"
	"syscall"
)

// Child has a process end with the test, also if that is killed.
func Child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// nobody is the user that PostgreSQL runs as for root, as which it refuses to run.
const nobody = 65534

// asServer has PostgreSQL run in a folder.
func asServer(folder string) (*syscall.SysProcAttr, error) {
	attr := Child()
	if os.Getuid() != 0 {
		return attr, nil
	}
	attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	return attr, os.Chown(folder, nobody, nobody)
}
