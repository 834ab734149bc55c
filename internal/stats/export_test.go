package stats

// Count is how many durations were added to a histogram.
func Count(h *Histogram) int64 { return h.n }
