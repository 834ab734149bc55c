package exact

// kernel is a measure made ready to be added to others. What is sparse of it is added spot by spot, the rest by its
// transform.
type kernel struct {
	measure
	few      [2][]spot // of the atoms, and of the cells
	many     measure   // the rest
	spectrum *spectrum // of the rest, once it was asked for
	span     span      // if it is the time of one
}

// spot is the mass of one node or cell.
type spot struct {
	at   int
	mass float64
}

// sparse is up to how many spots a sum is faster spot by spot than by transforms.
const sparse = 512

func (g *grid) kernel(m measure) *kernel {
	k := &kernel{measure: m}
	var all bool
	if k.few[0], all = few(m.atoms); !all {
		k.many.atoms = m.atoms
	}
	if k.few[1], all = few(m.cells); !all {
		k.many.cells = m.cells
	}
	return k
}

// few lists the spots that are not empty; false where there are too many.
func few(v []float64) ([]spot, bool) {
	n := 0
	for _, mass := range v {
		if mass == 0 {
			continue
		}
		if n++; n > sparse {
			return nil, false
		}
	}
	list := make([]spot, 0, n)
	for i, mass := range v {
		if mass != 0 {
			list = append(list, spot{i, mass})
		}
	}
	return list, true
}

// dense says whether there are too many spots to add them one by one.
func (k *kernel) dense() bool { return k.many.atoms != nil || k.many.cells != nil }

// spots counts those of a sparse kernel.
func (k *kernel) spots() int { return len(k.few[0]) + len(k.few[1]) }

// sums adds up sums of independent times, transforming back only once.
type sums struct {
	grid     *grid
	direct   measure
	spectrum spectrum
}

// add adds so much of the distribution of the sum of two times.
func (s *sums) add(a, b *kernel, by float64) {
	if !a.dense() && (b.dense() || a.spots() < b.spots()) {
		a, b = b, a
	}
	s.addFew(a.measure, b.few, by)
	if !b.dense() {
		return
	}
	s.addFew(b.many, a.few, by)
	if a.dense() {
		s.grid.addProduct(&s.spectrum, s.grid.spectrumOf(a), s.grid.spectrumOf(b), by)
	}
}

// addFew adds the sums of a time and few others. The sum of two cells is a triangle over two cells, half of whose mass
// lies in each: exact but for its shape inside them.
func (s *sums) addFew(m measure, few [2][]spot, by float64) {
	g := s.grid
	for _, a := range few[0] {
		g.raiseBy(&s.direct.atoms, m.atoms, a.at, by*a.mass)
		g.raiseBy(&s.direct.cells, m.cells, a.at, by*a.mass)
	}
	for _, c := range few[1] {
		g.raiseBy(&s.direct.cells, m.atoms, c.at, by*c.mass)
		g.raiseBy(&s.direct.cells, m.cells, c.at, by*c.mass/2)
		g.raiseBy(&s.direct.cells, m.cells, c.at+1, by*c.mass/2)
	}
}

// measure is what was added up.
func (s *sums) measure() measure {
	s.grid.raise(&s.direct, s.grid.inverse(s.spectrum), 1)
	return s.direct
}

// sum is the distribution of the sum of two independent times.
func (g *grid) sum(m measure, k *kernel) measure {
	s := sums{grid: g}
	s.add(g.kernel(m), k, 1)
	return s.measure()
}
