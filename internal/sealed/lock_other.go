//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package sealed

import (
	"errors"
	"fmt"
	"os"
)

// Lock refuses, since this system has no flock.
func Lock(*os.File) error { return fmt.Errorf("this system has no flock: %w", errors.ErrUnsupported) }

// TryLock refuses likewise: without a lock two runs could spend the same money.
func TryLock(f *os.File) error { return Lock(f) }
