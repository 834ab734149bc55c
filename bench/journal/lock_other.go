//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"fmt"
	"os"
)

// lock refuses: without a lock two runs could spend the same money.
func lock(*os.File) error {
	return fmt.Errorf("this system has no flock: %w", errors.ErrUnsupported)
}
