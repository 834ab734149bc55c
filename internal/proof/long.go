//go:build proof

package proof

// Long says that tests prove at length.
const Long = true
