package exact

// kernel is a measure that is added to others again and again; its transform is kept.
type kernel struct {
	measure
	few      []atom // where it is sparse
	sparse   bool
	spectrum *spectrum
}

func (g *grid) kernel(m measure) *kernel {
	k := &kernel{measure: m}
	k.few, k.sparse = m.sparse()
	return k
}

// sums adds up sums of independent times, transforming back only once.
type sums struct {
	grid     *grid
	direct   measure
	spectrum spectrum
}

// add adds the distribution of a time plus a kernel.
func (s *sums) add(m measure, k *kernel) {
	if k.sparse {
		s.direct = plus(s.direct, s.grid.shifted(m, k.few))
		return
	}
	if few, ok := m.sparse(); ok {
		s.direct = plus(s.direct, s.grid.shifted(k.measure, few))
		return
	}
	if k.spectrum == nil {
		spectrum := s.grid.transform(k.measure)
		k.spectrum = &spectrum
	}
	s.spectrum = s.spectrum.added(s.grid.product(s.grid.transform(m), *k.spectrum))
}

// measure is what was added up.
func (s *sums) measure() measure {
	return plus(s.direct, s.grid.measure(s.spectrum))
}
