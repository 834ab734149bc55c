package mockchannel

import (
	"sync"

	"channelbench/bench/film"
	"channelbench/internal/channel"
)

// films keeps the files of clips that were fetched: making one takes longer than a whole order.
type films struct {
	mu   sync.Mutex
	made map[channel.Clip][]byte
}

// mostFilms bounds them; a film has some ten kilobytes.
const mostFilms = 64

// of is the file of a clip. One of a resolution that says no size has 720p.
func (f *films) of(c channel.Clip) ([]byte, error) {
	if _, _, err := c.Size(); err != nil {
		c.Resolution, c.Aspect = "720p", ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if film, made := f.made[c]; made {
		return film, nil
	}
	film, err := film.Still(c)
	if err != nil {
		return nil, err
	}
	if len(f.made) >= mostFilms {
		clear(f.made)
	}
	f.made[c] = film
	return film, nil
}
