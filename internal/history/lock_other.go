//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package history

import (
	"errors"
	"os"
)

// lock says that this system has no flock.
func lock(*os.File) error { return errors.ErrUnsupported }
