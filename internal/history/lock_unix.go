//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package history

import (
	"errors"
	"os"
	"syscall"
)

// lock waits for the file to be this open file's alone; others hold it for one write. A file system may know no locks.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.ENOLCK) {
			return errors.ErrUnsupported
		}
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
