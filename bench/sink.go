package bench

import (
	"io"

	"channelbench/bench/dialect"
)

// sink is where a clip is written while it is looked at.
type sink struct{ *io.PipeWriter }

// watch looks at a clip while fetch writes it. The error is fetch's, or one of reading.
func watch(fetch func(*sink) error) (dialect.Footage, error) {
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := fetch(&sink{writer})
		writer.CloseWithError(err) // nil: the end of the clip
		done <- err
	}()
	footage, err := dialect.ReadClip(reader, maxClip)
	reader.Close()
	if fetched := <-done; fetched != nil {
		return footage, fetched
	}
	return footage, err
}
