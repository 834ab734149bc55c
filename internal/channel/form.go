package channel

import "slices"

// Form is how a model wants its orders written, where models that are sold by one protocol differ. The zero Form is the
// protocol's usual one.
type Form struct {
	Length LengthForm
	Send   []string       // the optional fields that the model takes, such as "resolution"; nil: the usual ones
	Fields map[string]any // fields that every order has, as JSON has them: string, bool, int64, float64, []any, map
}

// LengthForm is how the length of a clip is written.
type LengthForm uint8

// The forms of a length of eight seconds.
const (
	UsualLength      LengthForm = iota // as the protocol writes it
	LengthAsDuration                   // "8s"
	LengthAsText                       // "8"
	LengthAsNumber                     // 8
)

// Sends says whether orders have an optional field; usual says whether the protocol's usual ones do.
func (f *Form) Sends(field string, usual bool) bool {
	if f.Send == nil {
		return usual
	}
	return slices.Contains(f.Send, field)
}

// Optional are the fields of an order that not every model takes, by the names that protocols have for them.
var Optional = []string{"resolution", "aspect_ratio", "ratio", "size", "audio"}
