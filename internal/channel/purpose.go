package channel

// Purpose is what a charge was for: the outcome of its attempt and, of delivered clips, whether their order was in
// time.
type Purpose uint8

// The purposes.
const (
	ForInTime Purpose = iota
	ForLate
	ForFailed
	ForAmbiguous
	ForUnusable
	ForAbandoned // the order no longer waited for it
	NumPurposes
)

var purposes = [NumPurposes]string{"in_time", "late", "failed", "ambiguous", "unusable", "abandoned"}

func (p Purpose) String() string { return purposes[p] }

// Purpose is what the charge of an attempt with that outcome was for. Refused attempts are never charged.
func (o Outcome) Purpose(inTime bool) Purpose {
	switch o {
	case Delivered:
		if inTime {
			return ForInTime
		}
		return ForLate
	case Failed:
		return ForFailed
	case Ambiguous:
		return ForAmbiguous
	case Unusable:
		return ForUnusable
	}
	return ForAbandoned
}
