package dbtest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Child has a process end with the test, also if that is killed.
func Child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// asServer has PostgreSQL run in a folder. It refuses to run as root, so a root user runs it as the
// user that its package has made.
func asServer(folder string) (*syscall.SysProcAttr, error) {
	attr := Child()
	if os.Getuid() != 0 {
		return attr, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(folder, int(uid), int(gid))
}
