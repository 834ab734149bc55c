//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package sealed

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Lock waits until the file is this open file's alone. Where the system or the disk knows no locks, it is an
// errors.ErrUnsupported.
func Lock(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// TryLock is ErrHeld where Lock would wait.
func TryLock(f *os.File) error { return flock(f, syscall.LOCK_EX|syscall.LOCK_NB) }

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrHeld
		case errors.Is(err, syscall.ENOLCK):
			return fmt.Errorf("%w: %w", err, errors.ErrUnsupported)
		}
		return err
	}
}
