//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package history

import (
	"errors"
	"os"
	"syscall"
)

// lock waits for the file to be this open file's alone. Others hold it for one write.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOLCK) {
			return nil // a file system without locks: appending in one write has to do
		}
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
