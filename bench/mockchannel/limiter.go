package mockchannel

import "time"

// limiter lets through so many submits in any minute.
type limiter struct {
	perMinute int             // 0: any number
	admitted  []time.Duration // the last perMinute of them, as a ring
	oldest    int
}

// admit lets a submit through, or says how long the channel wants to be left alone.
func (l *limiter) admit(at time.Duration) (pause time.Duration) {
	switch {
	case l.perMinute == 0:
		return 0
	case len(l.admitted) < l.perMinute:
		l.admitted = append(l.admitted, at)
		return 0
	}
	if pause = l.admitted[l.oldest] + time.Minute - at; pause > 0 {
		return pause
	}
	l.admitted[l.oldest] = at
	l.oldest = (l.oldest + 1) % l.perMinute
	return 0
}
